// SPDX-License-Identifier: GPL-2.0-only
#include "archive.h"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace natrolite {
namespace {

  // the layout of PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16
  constexpr std::uint32_t END = 0x06054b50, DIRECTORY = 0x02014b50, RECORD = 0x04034b50;
  constexpr std::uint32_t ZIP64 = 0xffffffff;
  constexpr std::size_t END_SIZE = 22, DIRECTORY_SIZE = 46, RECORD_SIZE = 30;

  [[noreturn]] void damaged(const std::string &what)
  {
    throw std::runtime_error(what + ": copy or export the file again");
  }

  class Bytes {
  public:
    Bytes(const char *data, std::size_t size) : data_(data), size_(size) {}
    std::uint32_t number(std::size_t at, int width) const
    {
      std::uint32_t value = 0;
      for (int k = width; k-- > 0;) value = value << 8 | byte(at + k);
      return value;
    }
    std::string text(std::size_t at, std::size_t n) const
    {
      need(at, n);
      return {data_ + at, n};
    }
    std::uint32_t crc32(std::size_t at, std::size_t n) const
    {
      need(at, n);
      std::uint32_t crc = ~0U;
      for (std::size_t k = at; k < at + n; ++k)
        crc = TABLE[(crc ^ static_cast<unsigned char>(data_[k])) & 0xff] ^ (crc >> 8);
      return ~crc;
    }
    std::size_t size() const { return size_; }
    void need(std::size_t at, std::size_t n) const
    {
      if (at > size_ || n > size_ - at) damaged("the zip archive is damaged or truncated");
    }

  private:
    static constexpr std::array<std::uint32_t, 256> make_table()
    {
      std::array<std::uint32_t, 256> table{};
      for (std::uint32_t n = 0; n < 256; ++n) {
        table[n] = n;
        for (int bit = 0; bit < 8; ++bit)
          table[n] = table[n] & 1 ? 0xedb88320U ^ (table[n] >> 1) : table[n] >> 1;
      }
      return table;
    }
    static const std::array<std::uint32_t, 256> TABLE;

    unsigned char byte(std::size_t at) const
    {
      need(at, 1);
      return static_cast<unsigned char>(data_[at]);
    }
    const char *data_;
    std::size_t size_;
  };

  const std::array<std::uint32_t, 256> Bytes::TABLE = Bytes::make_table();

  std::size_t end_of_directory(const Bytes &file)
  {
    for (std::size_t back = END_SIZE; back <= file.size() && back < END_SIZE + 65536; ++back)
      if (file.number(file.size() - back, 4) == END) return file.size() - back;
    damaged("the zip archive is damaged or truncated");
  }

}    // namespace

ZipArchive::ZipArchive(const char *bytes, std::size_t nbytes) : data_(bytes), size_(nbytes)
{
  const Bytes file(bytes, nbytes);
  const std::size_t end = end_of_directory(file);
  const auto count = file.number(end + 10, 2), start = file.number(end + 16, 4);
  if (start == ZIP64) return;
  std::size_t entry = start;
  for (std::uint32_t k = 0; k < count; ++k) {
    if (file.number(entry, 4) != DIRECTORY) damaged("the zip archive's directory is damaged");
    const auto length = file.number(entry + 28, 2);
    const std::string name = file.text(entry + DIRECTORY_SIZE, length);
    Record record;
    record.compressed = file.number(entry + 10, 2) != 0;
    record.crc = file.number(entry + 16, 4);
    record.size = file.number(entry + 20, 4);
    const auto at = file.number(entry + 42, 4);
    entry += DIRECTORY_SIZE + length + file.number(entry + 30, 2) + file.number(entry + 32, 2);
    if (record.size == ZIP64 || at == ZIP64) continue;
    if (file.number(at, 4) != RECORD) damaged("the zip archive's record '" + name + "' is lost");
    record.offset = at + RECORD_SIZE + file.number(at + 26, 2) + file.number(at + 28, 2);
    file.need(record.offset, record.size);
    records_[name.substr(name.find('/') + 1)] = record;
  }
}

bool ZipArchive::has(const std::string &name) const
{
  return records_.count(name) != 0;
}

bool ZipArchive::any(std::string_view part) const
{
  for (const auto &record : records_)
    if (record.first.find(part) != std::string::npos) return true;
  return false;
}

std::string_view ZipArchive::read(const std::string &name) const
{
  const auto found = records_.find(name);
  if (found == records_.end()) damaged("the zip archive has no record '" + name + "'");
  if (found->second.compressed) damaged("the record '" + name + "' is compressed, which model files are not");
  return {data_ + found->second.offset, found->second.size};
}

void ZipArchive::check(const Unpack &unpack) const
{
  const Bytes file(data_, size_);
  for (const auto &[name, record] : records_) {
    if (record.compressed && !unpack) continue;
    const std::string unpacked = record.compressed ? unpack(name) : std::string();
    const auto crc = record.compressed ? Bytes(unpacked.data(), unpacked.size()).crc32(0, unpacked.size())
                                       : file.crc32(record.offset, record.size);
    if (crc != record.crc) damaged("the record '" + name + "' is damaged (its checksum does not match)");
  }
}

}    // namespace natrolite
