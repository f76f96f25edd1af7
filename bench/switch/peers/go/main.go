// Go on one thread: goroutines. The trap is runtime.Gosched with nobody else ready; a call is a plain call of a function
// that is not inlined. `main time <minMs>` or `main park <tasks>`, as child.ts.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

const depth = 50

func traps(count int) {
	for i := 0; i < count; i++ {
		runtime.Gosched()
	}
}

func deepTraps(left, count int) {
	if left > 0 {
		deepTraps(left-1, count)
	} else {
		traps(count)
	}
}

//go:noinline
func nothing() {}

func calls(count int) {
	for i := 0; i < count; i++ {
		nothing()
	}
}

func switches(count int) {
	done := make(chan bool)
	go func() {
		traps(count / 2)
		done <- true
	}()
	traps(count / 2)
	<-done
}

func roundTrips(count int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for i := 0; i < count; i++ {
			back <- <-there
		}
	}()
	for i := 0; i < count; i++ {
		there <- i
		<-back
	}
}

func spawns(count int) {
	done := make(chan int)
	worker := func() { done <- 1 }
	for i := 0; i < count; i++ {
		go worker()
		<-done
	}
}

func msOf(operation func(int), count int) float64 {
	start := cpuMs()
	operation(count)
	return cpuMs() - start
}

// CPU time that this process has used, user and system.
func cpuMs() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

// Nanoseconds of CPU time an operation: the middle one of three runs that take long enough.
func nsEach(operation func(int), minMs float64) float64 {
	count := 500
	for longEnough := 0; longEnough < 2; {
		ms := msOf(operation, count)
		if ms >= minMs {
			longEnough++
		} else {
			factor := 1.2 * minMs / ms
			if factor > 10 {
				factor = 10
			} else if factor < 1.5 {
				factor = 1.5
			}
			count = int(float64(count) * factor)
		}
	}
	runs := []float64{msOf(operation, count), msOf(operation, count), msOf(operation, count)}
	sort.Float64s(runs)
	return runs[1] * 1e6 / float64(count)
}

// Heap with stacks, and resident memory, in bytes, garbage collected first.
func memory() (heap, resident float64) {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	statm, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(statm))[1])
	return float64(stats.HeapAlloc + stats.StackInuse), float64(pages * os.Getpagesize())
}

func park(count int) map[string]float64 {
	heap, resident := memory()
	forever := make(chan int)
	var started sync.WaitGroup
	started.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			started.Done()
			<-forever
		}()
	}
	started.Wait()
	heapThen, residentThen := memory()
	result := map[string]float64{
		"heap":     (heapThen - heap) / float64(count),
		"resident": (residentThen - resident) / float64(count),
	}
	close(forever)
	return result
}

func main() {
	runtime.GOMAXPROCS(1)
	amount, _ := strconv.Atoi(os.Args[2])
	result := map[string]float64{}
	if os.Args[1] == "park" {
		result = park(amount)
	} else {
		operations := map[string]func(int){
			"trap": traps, "deepTrap": func(count int) { deepTraps(depth-1, count) },
			"call": calls, "switch": switches, "channel": roundTrips, "spawn": spawns,
		}
		for name, operation := range operations {
			result[name] = nsEach(operation, float64(amount))
		}
	}
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
}
