// What the parts of the load client share. Every fault ends it by `die`, with a sentence on stderr.

#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  MAX_TEXT = 4096,
  MAX_FRAME = 3 * MAX_TEXT, // of a reply, its framing included
};

enum framing { INT32, HEADER, LINE };

struct options {
  struct sockaddr_in to;
  int connections, idle, depths[8], depth_count, text;
  const char *method, *result; // NULL: echo, and its params
  double warm, seconds;
  enum framing framing;
  pid_t pid;
  bool hold;
};
extern struct options options;
extern int max_depth;

__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
uint64_t now_ns(void);

// frames.c: ids have seven digits always, so that all requests have one length, and all replies too.
enum { FIRST_ID = 1000000, LAST_ID = 9999999 };
extern size_t request_bytes;
void make_request(void);
void write_request(char *to, uint32_t id);
// The reply's id, or 0 when anything about it is wrong.
uint32_t checked_id(const char *body, size_t bytes);
// Bytes of the first frame, or 0: not all of it is here. Its body is *body_bytes from *body.
size_t frame_bytes(const char *input, size_t bytes, size_t *body, size_t *body_bytes);

// connections.c
extern int total, opened;
extern long outstanding;
extern uint64_t requests, errors;
void make_connections(void);
void open_some(void); // as many as may be in the making
void start_requests(int depth);
void stop_requests(void); // those answered from now on are not followed by others
void poll_once(int wait_ms);

// histogram.c
void forget_times(void);
void record(uint64_t ns);
double percentile_us(double part);
double slowest_us(void);
