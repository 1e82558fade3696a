# Loops that are compiled once per vector instruction set, which is chosen when the program runs
# (src/core/instruction_set.h): STEM_plain.cpp, and on x86 STEM_avx2.cpp and STEM_avx512.cpp.
function(natrolite_loops target stem)
  set(loops -O3 -fno-fast-math -ffp-contract=fast -fno-math-errno -fno-trapping-math)
  set(sets plain)
  set(plain_bytes 16)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND sets avx2 avx512)
    set(avx2_bytes 32)
    set(avx2_switches -mavx2 -mfma)
    set(avx512_bytes 64)
    set(avx512_switches -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma)
  endif()
  foreach(set ${sets})
    target_sources(${target} PRIVATE ${stem}_${set}.cpp)
    # Without sanitizers, with which they take minutes to compile; the plain ones are seen by that of threads.
    set(sanitizers -fno-sanitize=all)
    if(set STREQUAL "plain" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
      set(sanitizers "")
    endif()
    set_source_files_properties(${stem}_${set}.cpp PROPERTIES COMPILE_OPTIONS
      "${loops};${${set}_switches};${sanitizers};-DNATROLITE_ISA=isa_${set};-DNATROLITE_VECTOR_BYTES=${${set}_bytes}")
  endforeach()
endfunction()

find_package(OpenMP COMPONENTS CXX)
if(NOT OpenMP_CXX_FOUND)
  message(STATUS "No OpenMP: one thread per rank")
endif()
