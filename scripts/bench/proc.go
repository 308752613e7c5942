package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A process is one whose costs are read from /proc. Elsewhere than on Linux they are zero.
type process int

// tick is the unit of CPU time in /proc on every Linux of today.
const tick = 10 * time.Millisecond

// cpu is what the process and its ended children have used.
func (p process) cpu() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return 0
	}
	return parseStat(string(raw))
}

// parseStat sums user and system time, own and of ended children: fields 14 to 17
// of proc(5). The name in parentheses may hold spaces.
func parseStat(stat string) time.Duration {
	_, rest, _ := strings.Cut(stat, ") ")
	fields := strings.Fields(rest)
	var ticks int64
	for i := 11; i < 15 && i < len(fields); i++ {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// tree is cpu with that of living children.
func (p process) tree() time.Duration {
	total := p.cpu()
	children, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p))
	for _, file := range children {
		raw, _ := os.ReadFile(file)
		for pid := range strings.FieldsSeq(string(raw)) {
			n, _ := strconv.Atoi(pid)
			total += process(n).cpu()
		}
	}
	return total
}

// rss is the resident memory in MiB.
func (p process) rss() int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize() >> 20
}

func fileMiB(name string) float64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / (1 << 20)
}
