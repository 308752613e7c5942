package password

import "syscall"

// nice is the priority of threads that hash, of 19 as the lowest. A thread of usual priority gets
// three times as much of a processor that both want. With 10 (nine times) tokens waited longer, not
// shorter, probably for the garbage collector, which stops all threads and waits for one that gets no
// processor: with a rare collector it was not so.
const nice = 5

// yieldToOthers lowers the priority of the calling thread, which takes no privilege. On Linux
// priorities are of threads (setpriority(2), "C library/kernel differences").
func yieldToOthers() {
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice) // refused only where it is lower already
}
