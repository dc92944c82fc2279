// The clock loop around a Verilated rule: one row of inputs a cycle, one row of results.
//
// A row is the payload's bits, in words of 32 bits, the lowest first. Inputs are set before the rising edge of their
// cycle; the outputs of a cycle are what stands there before its rising edge, so a latency of n shows in cycle n.

#include <cstdint>
#include <cstring>
#include <memory>

#include "Vrule.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

#define EXPORT extern "C" __attribute__((visibility("default")))

template <typename Port>
inline void put(Port& port, const uint32_t* row) {
    if constexpr (sizeof(Port) <= 4) {
        port = static_cast<Port>(row[0]);
    } else if constexpr (sizeof(Port) == 8 && std::is_integral_v<Port>) {
        port = row[0] | static_cast<uint64_t>(row[1]) << 32;
    } else {
        std::memcpy(&port[0], row, sizeof(Port));
    }
}

template <typename Port>
inline void get(const Port& port, uint32_t* row) {
    if constexpr (sizeof(Port) <= 4) {
        row[0] = port;
    } else if constexpr (sizeof(Port) == 8 && std::is_integral_v<Port>) {
        row[0] = static_cast<uint32_t>(port);
        row[1] = static_cast<uint32_t>(port >> 32);
    } else {
        std::memcpy(row, &port[0], sizeof(Port));
    }
}

// Clock ``cycles`` cycles after a reset, with row n of ``in`` and ``in_valid`` in cycle n, and leave row n of ``out``.
EXPORT void rule_run(int64_t cycles, const uint32_t* in, int64_t in_words, const uint8_t* in_valid, uint32_t* out,
                     int64_t out_words, uint8_t* out_valid, const char* trace) {
    VerilatedContext context;
#if VM_TRACE
    context.traceEverOn(true);
#endif
    auto top = std::make_unique<Vrule>(&context, "");
#if VM_TRACE
    VerilatedFstC waveform;
    top->trace(&waveform, 99);
    waveform.open(trace);
    uint64_t time = 0;
#else
    (void)trace;
#endif
    auto clock = [&] {
        top->clk = 0;
        top->eval();
#if VM_TRACE
        waveform.dump(time++);
#endif
        top->clk = 1;
        top->eval();
#if VM_TRACE
        waveform.dump(time++);
#endif
    };
    top->i_valid = 0;
    top->rst = 1;
    clock();
    clock();
    top->rst = 0;
    for (int64_t n = 0; n < cycles; ++n) {
        put(top->i, in + n * in_words);
        top->i_valid = in_valid[n];
        top->clk = 0;
        top->eval();
        get(top->o, out + n * out_words);
        out_valid[n] = top->o_valid;
        clock();
    }
#if VM_TRACE
    waveform.close();
#endif
}
