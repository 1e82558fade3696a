# Warnings for our own sources only (host headers are SYSTEM includes).
add_library(natrolite_warnings INTERFACE)
target_compile_options(natrolite_warnings INTERFACE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>)
