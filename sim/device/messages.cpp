// What Verilator's run time calls; the build puts these in place of its own, which would end the process.

#include "messages.h"

#include <cstdarg>
#include <cstdio>

#include "verilated.h"

thread_local Messages* listening = nullptr;

namespace {

void stop() {
    if (listening) listening->failed = true;
}

}  // namespace

int tickgate_printf(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, arguments);
    va_end(arguments);
    std::string text(static_cast<size_t>(length) + 1, '\0');
    std::vsnprintf(text.data(), text.size(), format, again);
    va_end(again);
    text.pop_back();
    if (listening && !listening->failed) listening->text += text;
    return length;
}

void vl_finish(const char*, int, const char*) { stop(); }

void vl_stop(const char*, int, const char*) { stop(); }

void vl_fatal(const char*, int, const char*, const char* message) {
    tickgate_printf("%s", message);
    stop();
}

void vl_warn(const char*, int, const char*, const char* message) { tickgate_printf("%s\n", message); }
