// What a model says, and whether it stopped.
#pragma once
#include <string>

struct Messages {
    std::string text;     // up to the failure; the later would be of no use
    bool failed = false;  // an assertion of the gateware failed
};

// Those of the instance that is evaluated; none: nobody listens.
extern thread_local Messages* listening;
