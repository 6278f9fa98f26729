// What the machine and the moment are: clock, random numbers, process and boot identity, memory.
// Writers tell with it whether the holder of a lease still lives (catalog/control.hpp), the page
// budget what is resident. Not for measuring spans of time (the clock may be set; std::chrono's
// steady_clock) and not for tests' random numbers, which come from a printed seed.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/integers.hpp"

namespace shale {

i64 now_microseconds();  // since 1970 UTC, from the system clock (may go backwards)
u64 random_u64();        // from the kernel; never 0
u64 process_id();
u64 process_start_time();    // of this process, in clock ticks since boot: tells a recycled pid
std::string process_name();  // as `ps` has it, 15 bytes at most; empty where it cannot be read
// Differs between a process and the children it forks, from the first call on. What was opened
// before a fork belongs to the parent: its threads, and whatever they had locked, are not here.
u64 process_generation();
// pthread_atfork(3): what runs before each fork, and behind it in the parent and in the child. A
// list that all threads share has its mutex held over the fork, so that the child finds it whole.
void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)());
// XXH3 of the kernel's boot id; an error where it cannot be read (then never equal to another).
Result<u64> boot_id();
// Of this process, its files of memory (in-memory stores) included; takes 1 us, and one descriptor
// of the process from the first call on.
u64 resident_file_bytes();
u64 resident_anonymous_bytes();  // RssAnon of this process
u64 peak_resident_bytes();       // VmHWM of this process
// What a file under /proc says, its first 8 KiB: such files tell no size.
Result<std::string> read_proc(const std::string& path);

}  // namespace shale
