// A load client for echo servers: one thread, epoll, a closed loop. Opens connections gradually, each with one request,
// then keeps `depth` requests outstanding on each busy one. Every reply is compared, byte by byte save its id, with
// one that was found right, and its id with those outstanding. Prints one JSON object per line; times are microseconds.
//
//   load --port N [--host 127.0.0.1] [--connections 100] [--idle 0] [--depth 1,16] [--warm 1] [--seconds 2]
//        [--framing int32|header|line] [--text 32] [--method foo --result '"ok"'] [--pid N] [--hold]
//
// --method: to be called without params in place of `echo`, --result: what it gives, as JSON.
// --pid: also the CPU time of that process in the measured window. --hold: no load; open, say so, wait for stdin's end.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "load.h"

enum {
  MAX_DEPTH = 256,
  PATIENCE_SECONDS = 10, // what a phase may take beyond its time
};

struct options options = {.connections = 100, .depths = {1}, .depth_count = 1, .text = 32, .warm = 1, .seconds = 2};
int max_depth = 1;

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(1);
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec at;
  if (clock_gettime(clock, &at) != 0) die("a clock cannot be read: %s", strerror(errno));
  return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

// All threads of a process, those that ended too, user and system, exact to the scheduler's own books.
static uint64_t server_cpu_ns(void) {
  clockid_t clock;
  if (options.pid == 0) return 0;
  if (clock_getcpuclockid(options.pid, &clock) != 0) die("the server, process %d, is gone", (int)options.pid);
  return clock_ns(clock);
}

static void open_all(void) {
  uint64_t start = now_ns();
  while (opened < total) {
    open_some();
    poll_once(1000);
  }
  printf("{\"event\":\"open\",\"connections\":%d,\"seconds\":%.3f}\n", total, (double)(now_ns() - start) / 1e9);
}

// For that long, and longer where a server is so slow that the requests outstanding were not answered once.
static void run_for(double seconds, int depth) {
  uint64_t once = (uint64_t)options.connections * (uint64_t)depth, start = now_ns(), now;
  uint64_t end = start + (uint64_t)(seconds * 1e9), last = end + (uint64_t)PATIENCE_SECONDS * 1000000000u;
  requests = 0;
  while ((now = now_ns()) < end || (requests < once && now < last)) poll_once(now < end ? (int)((end - now) / 1000000u) + 1 : 10);
  if (requests == 0) die("no request was answered in %d s", PATIENCE_SECONDS);
}

static void measure(int depth) {
  start_requests(depth);
  run_for(options.warm, depth);
  forget_times();
  uint64_t server = server_cpu_ns(), client = clock_ns(CLOCK_PROCESS_CPUTIME_ID), start = now_ns();
  run_for(options.seconds, depth);
  double seconds = (double)(now_ns() - start) / 1e9;
  server = server_cpu_ns() - server;
  client = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - client;
  printf("{\"event\":\"measured\",\"depth\":%d,\"requests\":%lu,\"seconds\":%.4f,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,"
         "\"max\":%.1f,\"errors\":%lu,\"clientCpu\":%.0f,\"serverCpu\":%.0f}\n",
         depth, requests, seconds, percentile_us(0.5), percentile_us(0.99), percentile_us(0.999), slowest_us(),
         errors, (double)client / 1e3, (double)server / 1e3);
  stop_requests();
  for (uint64_t end = now_ns() + 10000000000u; outstanding > 0;) {
    if (now_ns() > end) die("%ld requests were not answered within 10 s", outstanding);
    poll_once(100);
  }
}

static void read_depths(char *list) {
  options.depth_count = 0;
  for (char *each = strtok(list, ","); each != NULL; each = strtok(NULL, ",")) {
    int one = atoi(each);
    if (one < 1 || one > MAX_DEPTH || options.depth_count == 8) die("--depth: up to 8 numbers from 1 to %d", MAX_DEPTH);
    options.depths[options.depth_count++] = one;
    if (one > max_depth) max_depth = one;
  }
}

static void read_options(int argc, char **argv) {
  enum { HOST = 1, PORT, CONNECTIONS, IDLE, DEPTH, WARM, SECONDS, FRAMING, TEXT, METHOD, RESULT, PID, HOLD };
  static const struct option names[] = {
      {"host", 1, NULL, HOST}, {"port", 1, NULL, PORT}, {"connections", 1, NULL, CONNECTIONS}, {"idle", 1, NULL, IDLE},
      {"depth", 1, NULL, DEPTH}, {"warm", 1, NULL, WARM}, {"seconds", 1, NULL, SECONDS}, {"framing", 1, NULL, FRAMING},
      {"text", 1, NULL, TEXT}, {"method", 1, NULL, METHOD}, {"result", 1, NULL, RESULT}, {"pid", 1, NULL, PID}, {"hold", 0, NULL, HOLD}, {NULL, 0, NULL, 0}};
  options.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    if (name == HOST && inet_pton(AF_INET, optarg, &options.to.sin_addr) != 1) die("--host %s: no IPv4 address", optarg);
    else if (name == PORT) options.to.sin_port = htons((uint16_t)atoi(optarg));
    else if (name == CONNECTIONS) options.connections = atoi(optarg);
    else if (name == IDLE) options.idle = atoi(optarg);
    else if (name == DEPTH) read_depths(optarg);
    else if (name == WARM) options.warm = atof(optarg);
    else if (name == SECONDS) options.seconds = atof(optarg);
    else if (name == FRAMING) options.framing = optarg[0] == 'h' ? HEADER : optarg[0] == 'l' ? LINE : INT32;
    else if (name == TEXT) options.text = atoi(optarg);
    else if (name == METHOD) options.method = optarg;
    else if (name == RESULT) options.result = optarg;
    else if (name == PID) options.pid = atoi(optarg);
    else if (name == HOLD) options.hold = true;
    else if (name == '?') exit(2);
  }
  if (options.to.sin_port == 0) die("--port is needed");
  if ((options.method == NULL) != (options.result == NULL)) die("--method and --result go together");
  if (options.method != NULL && strlen(options.method) + strlen(options.result) > MAX_TEXT)
    die("--method and --result: at most %d characters", MAX_TEXT);
  if (options.text < 1 || options.text > MAX_TEXT) die("--text: 1 to %d characters", MAX_TEXT);
}

static void took_too_long(int signal) {
  (void)signal;
  static const char text[] = "load: gave up: the server was too slow, or is stuck\n";
  ssize_t ignored = write(2, text, sizeof text - 1);
  (void)ignored;
  _exit(3);
}

static void prepare(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  make_request();
  make_connections();
  signal(SIGALRM, took_too_long);
  setvbuf(stdout, NULL, _IOLBF, 0);
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  prepare();
  if (!options.hold) alarm((unsigned)((options.warm + options.seconds) * options.depth_count) + 60);
  open_all();
  if (options.hold) {
    char byte;
    puts("{\"event\":\"held\"}");
    while (read(0, &byte, 1) > 0) continue;
    return 0;
  }
  for (int i = 0; i < options.depth_count; i++) measure(options.depths[i]);
  return 0;
}
