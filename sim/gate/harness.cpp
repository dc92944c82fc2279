// The clock loop around the Verilated gate: slots as soon as their cycle has come and the gate takes them, events in
// exactly their cycles, verdicts when the host is ready.

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "Vgate.h"
#include "messages.h"
#include "verilated.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

struct Harness {
    VerilatedContext context;
    std::unique_ptr<Vgate> top = std::make_unique<Vgate>(&context, "");
    std::vector<uint32_t> control = std::vector<uint32_t>(sizeof(Vgate::control) / 4);
    int64_t cycle = 0;
    Messages messages;

    void clock() {
        top->clk = 0;
        top->eval();
        top->clk = 1;
        top->eval();
    }
};

}  // namespace

EXPORT Harness* gate_create() {
    auto* h = new Harness;
    listening = &h->messages;
    h->top->rst = 1;
    for (int n = 0; n < 4; ++n) h->clock();
    h->top->rst = 0;
    listening = nullptr;
    return h;
}

EXPORT void gate_destroy(Harness* h) { delete h; }

EXPORT int64_t gate_cycle(const Harness* h) { return h->cycle; }

EXPORT const char* gate_said(const Harness* h) { return h->messages.text.c_str(); }

EXPORT uint64_t gate_control_words() { return sizeof(Vgate::control) / 4; }

EXPORT uint64_t gate_verdict_words() { return sizeof(Vgate::verdict) / 4; }

// Run until all slots have their verdicts and all events have happened. Slot n is offered from cycle slot_cycle[n] on, in
// order; event n happens in event_cycle[n], which must rise; bits of ``strobes`` are for that cycle alone. The host takes
// a verdict in cycle c if ready[c % ready_length]. Return the number of verdicts, or -1 when an assertion failed. No more
// than ``limit`` cycles.
EXPORT int64_t gate_run(Harness* h, int64_t slots, const uint32_t* slot, const int64_t* slot_cycle, int64_t events,
                        const uint32_t* event, const int64_t* event_cycle, const uint32_t* strobes,
                        const uint8_t* ready, int64_t ready_length, uint32_t* verdict, int64_t limit) {
    constexpr size_t SLOT_WORDS = sizeof(Vgate::slot) / 4, VERDICT_WORDS = sizeof(Vgate::verdict) / 4;
    const size_t control_words = h->control.size();
    Vgate& top = *h->top;
    listening = &h->messages;
    int64_t next = 0, told = 0, happened = 0;
    const int64_t end = h->cycle + limit;
    while ((told < slots || happened < events) && h->cycle < end) {
        const bool happens = happened < events && event_cycle[happened] <= h->cycle;
        if (happens) std::memcpy(h->control.data(), event + happened++ * control_words, 4 * control_words);
        std::memcpy(&top.control[0], h->control.data(), 4 * control_words);
        if (happens)
            for (size_t n = 0; n < control_words; ++n) h->control[n] &= ~strobes[n];
        top.now = h->cycle;
        top.slot_valid = next < slots && slot_cycle[next] <= h->cycle;
        if (top.slot_valid) std::memcpy(&top.slot[0], slot + next * SLOT_WORDS, 4 * SLOT_WORDS);
        top.verdict_ready = ready[h->cycle % ready_length];
        top.clk = 0;
        top.eval();
        if (top.verdict_valid && top.verdict_ready && told < slots)
            std::memcpy(verdict + told++ * VERDICT_WORDS, &top.verdict[0], 4 * VERDICT_WORDS);
        next += top.slot_valid && top.slot_ready;
        top.clk = 1;
        top.eval();
        if (h->messages.failed) break;
        ++h->cycle;
    }
    top.slot_valid = 0;
    listening = nullptr;
    return h->messages.failed ? -1 : told;
}
