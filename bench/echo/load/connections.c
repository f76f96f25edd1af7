// The connections: opened gradually, each with one request, then kept busy with `depth` requests outstanding.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load.h"

enum {
  READ_BYTES = 1 << 16,
  OPENING_AT_ONCE = 100, // below any server's backlog: a connection is open when its first request is answered
  PER_SOURCE = 5000,     // connections per address 127.0.0.x, so that ports never run out
  EVENTS = 512,
};

struct connection {
  int fd;
  bool busy, connected, open, wants_write;
  uint32_t *ids;    // by slot: the request that is outstanding, or 0
  uint64_t *sent;   // by slot: when, ns
  char *out;        // what is to be sent: out[out_from..out_to)
  size_t out_from, out_to;
  char *rest;       // the beginning of a frame
  size_t rest_bytes;
};

int total, opened;
long outstanding;
uint64_t requests, errors;

static int epoll_fd, begun, depth = 1;
static struct connection *all;
static bool is_stopping;

void make_connections(void) {
  total = options.idle + options.connections;
  all = calloc((size_t)total, sizeof *all);
  for (int i = 0; i < total; i++) {
    size_t slots = i < options.idle ? 1 : (size_t)max_depth;
    all[i].ids = calloc(slots, sizeof *all[i].ids);
    all[i].sent = calloc(slots, sizeof *all[i].sent);
    all[i].out = malloc(slots * request_bytes);
    if (all[i].ids == NULL || all[i].sent == NULL || all[i].out == NULL) die("out of memory");
  }
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
}

static void interest(struct connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll_fd, operation, c->fd, &event) != 0) die("epoll_ctl: %s", strerror(errno));
}

static void flush(struct connection *c) {
  while (c->out_from < c->out_to) {
    ssize_t n = send(c->fd, c->out + c->out_from, c->out_to - c->out_from, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) die("a connection was lost while sending: %s", strerror(errno));
    if (n < 0) break;
    c->out_from += (size_t)n;
  }
  bool is_full = c->out_from < c->out_to;
  if (!is_full) c->out_from = c->out_to = 0;
  if (is_full != c->wants_write) interest(c, EPOLL_CTL_MOD, EPOLLIN | (is_full ? EPOLLOUT : 0u));
  c->wants_write = is_full;
}

static void append_request(struct connection *c, uint32_t slot, uint32_t id, uint64_t now) {
  size_t room = (size_t)max_depth * request_bytes;
  if (c->out_to + request_bytes > room) {
    memmove(c->out, c->out + c->out_from, c->out_to - c->out_from);
    c->out_to -= c->out_from;
    c->out_from = 0;
  }
  write_request(c->out + c->out_to, id);
  c->out_to += request_bytes;
  c->ids[slot] = id;
  c->sent[slot] = now;
  outstanding++;
}

static void connect_next(void) {
  struct connection *c = &all[begun];
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(begun / PER_SOURCE))};
  int one = 1;
  begun++;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("no socket for connection %d: %s (raise the descriptor limit: ulimit -n)", begun, strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (from.sin_addr.s_addr != htonl(INADDR_LOOPBACK)) {
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0) die("bind: %s", strerror(errno));
  }
  if (connect(c->fd, (struct sockaddr *)&options.to, sizeof options.to) != 0 && errno != EINPROGRESS)
    die("connection %d: %s", begun, strerror(errno));
  c->wants_write = true;
  interest(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void connected(struct connection *c) {
  int error = 0;
  socklen_t bytes = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
  if (error != 0) die("connection %d: %s", (int)(c - all) + 1, strerror(error));
  c->connected = true;
  append_request(c, 0, FIRST_ID, now_ns());
}

static void answered(struct connection *c, const char *body, size_t bytes, uint64_t now) {
  uint32_t id = checked_id(body, bytes), slot = id < FIRST_ID ? 0 : (id - FIRST_ID) % (uint32_t)depth;
  if (id == 0 || c->ids[slot] != id) {
    if (errors++ == 0) fprintf(stderr, "load: a wrong reply: %.*s\n", (int)(bytes > 300 ? 300 : bytes), body);
    if (errors > 1000) die("more than 1,000 wrong replies");
    return;
  }
  c->ids[slot] = 0;
  outstanding--;
  if (!c->open) {
    c->open = true;
    opened++;
    return;
  }
  requests++;
  record(now - c->sent[slot]);
  if (is_stopping) return;
  uint32_t next = id + (uint32_t)depth;
  append_request(c, slot, next > LAST_ID ? FIRST_ID + slot : next, now);
}

static void receive(struct connection *c) {
  static char input[MAX_FRAME + READ_BYTES + 1];
  memcpy(input, c->rest, c->rest_bytes);
  ssize_t n = recv(c->fd, input + c->rest_bytes, READ_BYTES, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) die("the server closed a connection: %s", n == 0 ? "end of stream" : strerror(errno));
  uint64_t now = now_ns();
  size_t bytes = c->rest_bytes + (size_t)n, at = 0, body, body_bytes, frame;
  input[bytes] = '\0';
  for (; (frame = frame_bytes(input + at, bytes - at, &body, &body_bytes)) > 0; at += frame)
    answered(c, input + at + body, body_bytes, now);
  c->rest_bytes = bytes - at;
  if (c->rest_bytes > MAX_FRAME) die("a reply of more than %d bytes", MAX_FRAME);
  if (c->rest_bytes > 0 && c->rest == NULL && (c->rest = malloc(MAX_FRAME)) == NULL) die("out of memory");
  if (c->rest_bytes > 0) memcpy(c->rest, input + at, c->rest_bytes);
  if (c->out_from < c->out_to) flush(c);
}

void poll_once(int wait_ms) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(epoll_fd, events, EVENTS, wait_ms);
  for (int i = 0; i < count; i++) {
    struct connection *c = events[i].data.ptr;
    if (!c->connected) connected(c);
    if (events[i].events & EPOLLOUT) flush(c);
    if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
  }
}

void open_some(void) {
  while (begun < total && begun - opened < OPENING_AT_ONCE) connect_next();
}

void start_requests(int at_depth) {
  depth = at_depth;
  is_stopping = false;
  for (int i = options.idle; i < total; i++) {
    for (uint32_t slot = 0; slot < (uint32_t)depth; slot++) append_request(&all[i], slot, FIRST_ID + slot, now_ns());
    flush(&all[i]);
  }
}

void stop_requests(void) { is_stopping = true; }
