// Included before every file of the model: its text output goes to the harness.
#pragma once
int tickgate_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
