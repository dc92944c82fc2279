// The world around a Verilated board: its PLL, and a PHY at every port, with a clock of its own each.
//
// Time is in femtoseconds. Every edge of every clock is an event; those that coincide are one evaluation. A PHY puts
// half a byte on the pins for every edge of its clock and takes half a byte at every edge of the board's.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "Vboard.h"
#include "messages.h"
#include "verilated.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int64_t NEVER = INT64_MAX;

// What is sent in one carrier, or heard in one; numpy types of the same shape stand in model.py.
struct Carrier {
    int64_t begin;     // place of its first byte
    int64_t length;    // bytes, preamble and FCS with them
    int64_t gap;       // bytes without carrier before it
    int64_t error_at;  // byte with which the PHY reports an error, -1: none
    int64_t stop_at;   // byte before which the PHY's clock stops, -1: never
    int64_t stop_time; // for how long
};

struct Heard {
    int64_t begin, length, gap;
    int64_t time, end;  // when its first half byte, and the half behind its last, was on the pins
    int64_t error;      // whether a byte of it was marked
};

struct Frame {
    int64_t begin, length, time, error;  // time of its last word; error: 0, 1, or -1 when the last word never came
};

// The top's signals that belong to one port.
struct Pins {
    CData *rx_clk, *rx_data, *rx_ctl;
    const CData *tx_clk, *tx_data, *tx_ctl;
    const SData* events;
    const CData *word_valid, *word_flags;
    const QData* word_data;
};

#define PINS(n)                                                                                                   \
    {&top->rx_clk##n, &top->rx_data##n, &top->rx_ctl##n, &top->tx_clk##n, &top->tx_data##n, &top->tx_ctl##n,       \
     &top->events##n, &top->word_valid##n, &top->word_flags##n, &top->word_data##n}

struct Port {
    // The receive side: what the PHY says.
    std::vector<uint8_t> bytes;
    std::vector<Carrier> carriers;
    std::vector<int64_t> ends;  // time of the edge with the last half byte of each
    size_t carrier = 0;
    int64_t at = 0, gap = 0;
    int64_t half = 4'000'000, next = 0;
    bool level = false, final = false, waited = false, stopped = false;
    uint8_t byte = 0, valid = 0, error = 0;
    // The transmit side: what it hears.
    std::vector<uint8_t> heard_bytes;
    std::vector<Heard> heard;
    bool clock = false, open = false;
    uint8_t low = 0, begins = 0;
    int64_t quiet = 0, low_time = 0;
    // What the MAC gives to the core.
    std::vector<uint8_t> words;
    std::vector<Frame> frames;
    bool inside = false;
    uint64_t events[16] = {};
};

struct Harness {
    VerilatedContext context;
    std::unique_ptr<Vboard> top = std::make_unique<Vboard>(&context, "");
    Messages messages;
    Port ports[PORTS];
#if PORTS == 1
    const Pins pins[PORTS] = {PINS(0)};
#else
    const Pins pins[PORTS] = {PINS(0), PINS(1)};
#endif
    int64_t now = 0, last_busy = 0;
    int64_t tx_half = 4'000'000, core_half = 4'000'000, tx_next = 0, core_next = 0;
    uint64_t evaluations = 0;
    bool keep = true;

    void step();
    void speak(Port& port, const Pins& pins);
    void hear(Port& port, const Pins& pins);
    void look(Port& port, const Pins& pins);
};

// The PHY's next half byte, on the pins together with the edge of its clock that samples it.
inline void Harness::speak(Port& port, const Pins& pins) {
    if (port.stopped) {
        port.next = NEVER;
        return;
    }
    if (!port.level) {
        const bool some = port.carrier < port.carriers.size();
        const Carrier* c = some ? &port.carriers[port.carrier] : nullptr;
        if (c && port.gap >= c->gap && c->stop_at == port.at && !port.waited) {
            port.waited = true;
            port.next = now + c->stop_time;
            return;
        }
        if (c && port.gap >= c->gap) {
            port.byte = port.bytes[static_cast<size_t>(c->begin + port.at)];
            port.valid = 1;
            port.error = c->error_at == port.at;
            port.final = ++port.at == c->length;
        } else {
            if (c) ++port.gap;
            port.byte = port.valid = port.error = 0;
        }
    }
    port.level = !port.level;
    *pins.rx_data = port.level ? port.byte & 15 : port.byte >> 4;
    *pins.rx_ctl = port.level ? port.valid : port.valid ^ port.error;
    *pins.rx_clk = port.level;
    if (!port.level && port.final) {
        port.ends.push_back(now);
        port.final = port.waited = false;
        port.at = port.gap = 0;
        last_busy = now;
        if (++port.carrier == port.carriers.size()) {
            port.carriers.clear();
            port.bytes.clear();
            port.carrier = 0;
        }
    }
    port.next = now + port.half;
}

inline void Harness::hear(Port& port, const Pins& pins) {
    if (*pins.tx_clk == port.clock) return;
    port.clock = *pins.tx_clk;
    const uint8_t half = *pins.tx_data, control = *pins.tx_ctl;
    if (port.clock) {
        port.low = half;
        port.begins = control;
        port.low_time = now;
        return;
    }
    if (port.begins) {
        if (!port.open) {
            port.open = true;
            port.heard.push_back({static_cast<int64_t>(port.heard_bytes.size()), 0, port.quiet, port.low_time, 0, 0});
        }
        Heard& h = port.heard.back();
        port.heard_bytes.push_back(static_cast<uint8_t>(port.low | half << 4));
        ++h.length;
        h.error |= control != port.begins;
        last_busy = now;
        return;
    }
    ++port.quiet;
    if (port.open) {
        port.open = false;
        port.quiet = 1;
        port.heard.back().end = port.low_time;
    }
}

// What the MAC shows in the cycle that just began.
inline void Harness::look(Port& port, const Pins& pins) {
    uint32_t events = *pins.events;
    while (events) {
        ++port.events[__builtin_ctz(events)];
        events &= events - 1;
        last_busy = now;
    }
    if (!*pins.word_valid || !keep) return;
    last_busy = now;
    const uint32_t flags = *pins.word_flags;  // first, last, error, and the count from bit 3 on
    if (flags & 1) {
        if (port.inside) port.frames.back().error = -1;
        port.frames.push_back({static_cast<int64_t>(port.words.size()), 0, now, -1});
        port.inside = true;
    }
    if (!port.inside) port.frames.push_back({static_cast<int64_t>(port.words.size()), 0, now, -1});
    Frame& frame = port.frames.back();
    const uint64_t word = *pins.word_data;
    uint8_t bytes[8];
    std::memcpy(bytes, &word, 8);
    const unsigned count = flags >> 3;
    port.words.insert(port.words.end(), bytes, bytes + count);
    frame.length += count;
    frame.time = now;
    if (flags & 2) {
        frame.error = flags >> 2 & 1;
        port.inside = false;
    }
}

inline void Harness::step() {
    int64_t time = std::min(tx_next, core_next);
    for (Port& port : ports) time = std::min(time, port.next);
    now = time;
    const bool core = core_next == now, tx = tx_next == now;
    if (core) {
        top->pll_core = !top->pll_core;
        core_next += core_half;
    }
    if (tx) {
        top->pll_tx = !top->pll_tx;
        tx_next += tx_half;
    }
    for (unsigned n = 0; n < PORTS; ++n)
        if (ports[n].next == now) speak(ports[n], pins[n]);
    top->eval();
    ++evaluations;
    if (tx)
        for (unsigned n = 0; n < PORTS; ++n) hear(ports[n], pins[n]);
    if (core && top->pll_core)
        for (unsigned n = 0; n < PORTS; ++n) look(ports[n], pins[n]);
}

}  // namespace

EXPORT Harness* board_create(int64_t tx_half, int64_t core_half) {
    auto* h = new Harness;
    h->tx_half = tx_half;
    h->core_half = core_half;
    listening = &h->messages;
    h->top->eval();
    listening = nullptr;
    return h;
}

EXPORT void board_destroy(Harness* h) { delete h; }

EXPORT void board_lock(Harness* h, int locked) { h->top->pll_lock = locked != 0; }

EXPORT void board_keep(Harness* h, int keep) { h->keep = keep != 0; }

// The PHY's clock at ``port`` from now on: half its period, and the time of its next edge; half of 0 stops it.
EXPORT void board_clock(Harness* h, int port, int64_t half, int64_t next) {
    Port& p = h->ports[port];
    p.stopped = half == 0;
    if (half) p.half = half;
    p.next = half ? next : NEVER;
}

EXPORT void board_send(Harness* h, int port, int64_t n, const Carrier* carriers, const uint8_t* bytes, int64_t size) {
    Port& p = h->ports[port];
    const auto base = static_cast<int64_t>(p.bytes.size());
    p.bytes.insert(p.bytes.end(), bytes, bytes + size);
    for (int64_t k = 0; k < n; ++k) {
        p.carriers.push_back(carriers[k]);
        p.carriers.back().begin += base;
    }
}

// Run until ``until``, or until nothing is to be said, and for ``idle`` nothing was said or done (-1: never mind).
// Return -1 when an assertion failed, 1 when ``until`` was reached, else 0.
EXPORT int board_run(Harness* h, int64_t until, int64_t idle) {
    listening = &h->messages;
    int result = 1;
    if (idle >= 0) h->last_busy = h->now;
    while (h->now < until) {
        h->step();
        if (h->messages.failed) break;
        if (idle >= 0 && h->now - h->last_busy >= idle &&
            std::all_of(h->ports, h->ports + PORTS, [](const Port& p) { return p.carriers.empty(); })) {
            result = 0;
            break;
        }
    }
    listening = nullptr;
    return h->messages.failed ? -1 : result;
}

EXPORT int64_t board_now(const Harness* h) { return h->now; }

EXPORT uint64_t board_evaluations(const Harness* h) { return h->evaluations; }

EXPORT const char* board_said(const Harness* h) { return h->messages.text.c_str(); }

EXPORT uint32_t board_leds(const Harness* h) { return h->top->leds; }

EXPORT uint32_t board_status(const Harness* h) { return h->top->status; }

EXPORT const uint64_t* board_events(const Harness* h, int port) { return h->ports[port].events; }

EXPORT int64_t board_waiting(const Harness* h, int port) {
    return static_cast<int64_t>(h->ports[port].carriers.size() - h->ports[port].carrier);
}

// How many carriers were heard to their end, frames taken, carriers sent, bytes of the first two.
EXPORT void board_sizes(const Harness* h, int port, int64_t* sizes) {
    const Port& p = h->ports[port];
    sizes[0] = static_cast<int64_t>(p.heard.size()) - p.open;
    sizes[1] = static_cast<int64_t>(p.frames.size()) - p.inside;
    sizes[2] = static_cast<int64_t>(p.ends.size());
    sizes[3] = p.open ? p.heard.back().begin : static_cast<int64_t>(p.heard_bytes.size());
    sizes[4] = p.inside ? p.frames.back().begin : static_cast<int64_t>(p.words.size());
}

// Copy what board_sizes tells of, and forget it here.
EXPORT void board_take(Harness* h, int port, Heard* heard, uint8_t* heard_bytes, Frame* frames, uint8_t* words,
                       int64_t* ends) {
    Port& p = h->ports[port];
    int64_t sizes[5];
    board_sizes(h, port, sizes);
    const auto take = [](auto& from, auto* to, int64_t n) {
        std::copy(from.begin(), from.begin() + n, to);
        from.erase(from.begin(), from.begin() + n);
    };
    take(p.heard, heard, sizes[0]);
    take(p.frames, frames, sizes[1]);
    take(p.ends, ends, sizes[2]);
    take(p.heard_bytes, heard_bytes, sizes[3]);
    take(p.words, words, sizes[4]);
    for (Heard& left : p.heard) left.begin -= sizes[3];
    for (Frame& left : p.frames) left.begin -= sizes[4];
}
