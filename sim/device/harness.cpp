// The clock loop around a Verilated device, with a C interface that takes batches.
//
// Time: cycle 0 is the first cycle in which the reset is low. The top (sim/device/top.py) has a register on each input,
// so after a rising edge the device is in the cycle whose inputs were set just before, and everything that this cycle
// shows is settled. One call of step() is one cycle.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Vdevice.h"
#include "messages.h"
#include "verilated.h"
#ifdef TICKGATE_TRACE
#include "verilated_fst_c.h"
#endif

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr size_t VERDICT_BYTES = 128;
constexpr int64_t READ_LIMIT = 64;  // cycles in which a register read must be answered

enum Status : int {
    DONE = 0,          // every queued frame is in, and the idle cycles after it have passed
    CYCLE_LIMIT = 1,   // the cycle asked for is reached
    RING_LIMIT = 2,    // as many ring words were written as asked for
    ASSERTION = -1,    // an assertion of the gateware failed; the device is of no further use
    RING_ADDRESS = -2, // the device wrote beyond the ring's memory
    NO_ANSWER = -3,    // a register read was not answered
    VERDICT_INDEX = -4, // the device wrote beyond the verdict ring's memory
};

struct Frame {
    size_t begin;
    uint32_t length;
    uint16_t interval;
    bool error;
    int64_t start;
};

struct Harness {
    VerilatedContext context;
    std::unique_ptr<Vdevice> top;
#ifdef TICKGATE_TRACE
    std::unique_ptr<VerilatedFstC> trace;
    int64_t trace_from = 0, trace_to = 0;
#endif
    Messages messages;
    std::vector<uint8_t> bytes;
    std::vector<Frame> frames;
    size_t frame = 0;       // first frame that is not yet in
    uint32_t position = 0;  // its bytes that are in
    int64_t next_word = 0;  // earliest cycle of its next word
    int64_t cycle = 0;      // the cycle that the next step executes
    int64_t busy = 0;       // the cycle after the last one with a word in, a ring word out, or a register access
    int64_t failed_cycle = 0;
    uint64_t* ring = nullptr;
    uint64_t ring_words = 0, ring_written = 0, bad_ring_address = 0;
    uint8_t* verdicts = nullptr;
    uint64_t verdict_entries = 0, bad_verdict_index = 0;
    int status = DONE;

    Harness();
    ~Harness();
    void reset(int cycles);
    void edge();
    void step();
    void feed();
    void submit(int64_t n, const uint8_t* data, const int64_t* offset, const int32_t* length, const int64_t* start,
                const uint8_t* error, int interval);
    int run(int64_t until, int64_t idle, int64_t ring_limit);
    int write(uint32_t address, const uint32_t* values, int64_t n);
    int read(uint32_t address, uint32_t* value);
};

Harness::Harness() {
    context.randReset(0);
#ifdef TICKGATE_TRACE
    context.traceEverOn(true);
#endif
    listening = &messages;
    top = std::make_unique<Vdevice>(&context, "");
    top->eval();
    listening = nullptr;
}

Harness::~Harness() {
#ifdef TICKGATE_TRACE
    if (trace) trace->close();
#endif
}

inline void Harness::edge() {
    listening = &messages;
    top->clk = 1;
    top->risk_clk = top->risk_awake | top->rst;
    top->eval();
#ifdef TICKGATE_TRACE
    if (trace && cycle >= trace_from && cycle < trace_to) trace->dump(static_cast<uint64_t>(2 * cycle));
#endif
    top->clk = 0;
    top->risk_clk = 0;
    top->eval();
#ifdef TICKGATE_TRACE
    if (trace && cycle >= trace_from && cycle < trace_to) trace->dump(static_cast<uint64_t>(2 * cycle + 1));
#endif
    listening = nullptr;
    if (__builtin_expect(messages.failed && status >= 0, 0)) {
        status = ASSERTION;
        failed_cycle = cycle - 1;  // the edge into this cycle found it
    }
}

// Counters of the model start anew; the queue is emptied, a frame that was half in is lost.
void Harness::reset(int cycles) {
    frames.clear();
    bytes.clear();
    frame = 0;
    position = 0;
    next_word = 0;
    busy = 0;
    top->rx_valid = 0;
    top->bus_w_en = 0;
    top->bus_r_en = 0;
    top->rst = 1;
    cycle = -cycles;
    for (int n = 0; n < cycles && status >= 0; ++n, ++cycle) edge();
    top->rst = 0;
}

// Set the word for the cycle to come.
inline void Harness::feed() {
    if (frame >= frames.size() || cycle < next_word) {
        top->rx_valid = 0;
        return;
    }
    const Frame& f = frames[frame];
    const uint32_t left = f.length - position;
    const bool last = left <= 8;
    uint64_t word;
    std::memcpy(&word, &bytes[f.begin + position], 8);  // eight spare bytes lie behind the last frame
    if (last && left < 8) word &= (uint64_t{1} << (8 * left)) - 1;
    busy = cycle + 1;
    top->rx_valid = 1;
    top->rx_p_data = word;
    top->rx_p_first = position == 0;
    top->rx_p_last = last;
    top->rx_p_count = last ? left : 8;
    top->rx_p_error = last && f.error;
    if (!last) {
        position += 8;
        next_word = cycle + f.interval;
        return;
    }
    position = 0;
    if (++frame == frames.size()) {
        frames.clear();
        bytes.clear();
        frame = 0;
        next_word = 0;
    } else {
        next_word = frames[frame].start;
    }
}

inline void Harness::step() {
    feed();
    edge();
    if (top->ring_valid) {
        const uint64_t address = top->ring_addr;
        if (address < ring_words) {
            ring[address] = top->ring_data;
            ++ring_written;
            busy = cycle + 1;
        } else {
            bad_ring_address = address;
            status = RING_ADDRESS;
        }
    }
    if (__builtin_expect(top->verdicts_valid, 0)) {
        const uint64_t index = top->verdicts_index;
        if (index < verdict_entries) {
            // Its number last, as the contract says: another process may be looking.
            const auto* from = reinterpret_cast<const uint8_t*>(top->verdicts_data.data());
            uint8_t* to = verdicts + VERDICT_BYTES * index;
            std::memcpy(to + 8, from + 8, VERDICT_BYTES - 8);
            uint64_t number;
            std::memcpy(&number, from, 8);
            __atomic_store_n(reinterpret_cast<uint64_t*>(to), number, __ATOMIC_RELEASE);
            busy = cycle + 1;
        } else {
            bad_verdict_index = index;
            status = VERDICT_INDEX;
        }
    }
    ++cycle;
}

void Harness::submit(int64_t n, const uint8_t* data, const int64_t* offset, const int32_t* length,
                     const int64_t* start, const uint8_t* error, int interval) {
    if (frames.empty() && n > 0) next_word = start[0];
    bytes.resize(bytes.empty() ? 0 : bytes.size() - 8);
    for (int64_t k = 0; k < n; ++k) {
        frames.push_back({bytes.size(), static_cast<uint32_t>(length[k]), static_cast<uint16_t>(interval),
                          error[k] != 0, start[k]});
        bytes.insert(bytes.end(), data + offset[k], data + offset[k] + length[k]);
    }
    bytes.resize(bytes.size() + 8);
}

int Harness::run(int64_t until, int64_t idle, int64_t ring_limit) {
    const uint64_t stop_at = ring_limit < 0 ? UINT64_MAX : ring_written + static_cast<uint64_t>(ring_limit);
    while (status >= 0) {
        if (idle >= 0 && frames.empty() && cycle - busy >= idle) return DONE;
        if (cycle >= until) return CYCLE_LIMIT;
        if (ring_written >= stop_at) return RING_LIMIT;
        step();
    }
    return status;
}

// Words from ``address`` on, one a cycle.
int Harness::write(uint32_t address, const uint32_t* values, int64_t n) {
    top->bus_w_en = 1;
    for (int64_t k = 0; k < n && status >= 0; ++k) {
        top->bus_addr = address + static_cast<uint32_t>(4 * k);
        top->bus_w_data = values[k];
        step();
    }
    top->bus_w_en = 0;
    busy = cycle;
    return status;
}

int Harness::read(uint32_t address, uint32_t* value) {
    top->bus_addr = address;
    top->bus_r_en = 1;
    for (int64_t n = 0; n < READ_LIMIT && status >= 0; ++n) {
        step();
        top->bus_r_en = 0;
        if (top->bus_r_valid) {
            *value = top->bus_r_data;
            return status;
        }
    }
    top->bus_r_en = 0;
    return status < 0 ? status : static_cast<int>(NO_ANSWER);
}

}  // namespace

EXPORT Harness* tickgate_create() { return new Harness; }

EXPORT void tickgate_destroy(Harness* h) { delete h; }

EXPORT void tickgate_ring(Harness* h, uint64_t* memory, uint64_t words) {
    h->ring = memory;
    h->ring_words = words;
}

EXPORT void tickgate_verdicts(Harness* h, uint8_t* memory, uint64_t entries) {
    h->verdicts = memory;
    h->verdict_entries = entries;
}

EXPORT int tickgate_reset(Harness* h, int cycles) {
    h->reset(cycles);
    return h->status;
}

EXPORT void tickgate_submit(Harness* h, int64_t n, const uint8_t* data, const int64_t* offset, const int32_t* length,
                            const int64_t* start, const uint8_t* error, int interval) {
    h->submit(n, data, offset, length, start, error, interval);
}

EXPORT int tickgate_run(Harness* h, int64_t until, int64_t idle, int64_t ring_limit) {
    return h->run(until, idle, ring_limit);
}

EXPORT int tickgate_write(Harness* h, uint32_t address, const uint32_t* values, int64_t n) {
    return h->write(address, values, n);
}

EXPORT int tickgate_read(Harness* h, uint32_t address, uint32_t* value) { return h->read(address, value); }

EXPORT int64_t tickgate_cycle(const Harness* h) { return h->cycle; }

EXPORT int64_t tickgate_failed_cycle(const Harness* h) { return h->failed_cycle; }

EXPORT int64_t tickgate_pending(const Harness* h) { return static_cast<int64_t>(h->frames.size() - h->frame); }

EXPORT uint64_t tickgate_ring_written(const Harness* h) { return h->ring_written; }

EXPORT uint64_t tickgate_bad_ring_address(const Harness* h) { return h->bad_ring_address; }

EXPORT uint64_t tickgate_bad_verdict_index(const Harness* h) { return h->bad_verdict_index; }

// What the gateware printed since the last call. The text stays valid until the next call on this harness.
EXPORT const char* tickgate_output(Harness* h) {
    thread_local std::string taken;
    taken.swap(h->messages.text);
    h->messages.text.clear();
    return taken.c_str();
}

// Write a waveform of the cycles ``from`` up to, but without, ``to``; at most once, before the first reset.
EXPORT void tickgate_trace(Harness* h, const char* path, int64_t from, int64_t to) {
#ifdef TICKGATE_TRACE
    h->trace = std::make_unique<VerilatedFstC>();
    h->top->trace(h->trace.get(), 99);
    h->trace->open(path);
    h->trace_from = from;
    h->trace_to = to;
#else
    (void)h, (void)path, (void)from, (void)to;
#endif
}
