// What Verilator's FST writer asks of zlib, without compressing: stored blocks (RFC 1950, RFC 1951 section 3.2.4).
#pragma once
#include <cstdint>
#include <cstring>

using Bytef = unsigned char;
using uLong = unsigned long;
using uLongf = unsigned long;
constexpr int Z_OK = 0;
constexpr int Z_BUF_ERROR = -5;

inline uLong compressBound(uLong size) { return size + 5 * (size / 65535 + 1) + 6; }

inline int compress2(Bytef* target, uLongf* capacity, const Bytef* source, uLong size, int) {
    if (*capacity < compressBound(size)) return Z_BUF_ERROR;
    Bytef* out = target;
    *out++ = 0x78;
    *out++ = 0x01;
    uLong done = 0;
    do {
        const uLong block = size - done < 65535 ? size - done : 65535;
        *out++ = done + block == size;
        *out++ = static_cast<Bytef>(block);
        *out++ = static_cast<Bytef>(block >> 8);
        *out++ = static_cast<Bytef>(~block);
        *out++ = static_cast<Bytef>(~block >> 8);
        std::memcpy(out, source + done, block);
        out += block;
        done += block;
    } while (done < size);
    uint32_t low = 1, high = 0;  // Adler-32
    for (uLong n = 0; n < size; ++n) {
        low = (low + source[n]) % 65521;
        high = (high + low) % 65521;
    }
    const uint32_t sum = high << 16 | low;
    for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<Bytef>(sum >> shift);
    *capacity = static_cast<uLongf>(out - target);
    return Z_OK;
}
