// The limit: an echo server in C on edge-triggered epoll. It parses no JSON: it cuts int32 frames, finds the id and the
// params of each by a minimal scan that trusts its client, and copies them into the reply. One recv and one send per
// event; a connection whose peer does not read is not read from either.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FRAME = 1 << 20, READ_BYTES = 1 << 16, EVENTS = 512 };

struct connection {
  int fd;
  bool is_readable; // an edge came, and its bytes are not all read
  bool has_ended;
  char *rest; // the beginning of a frame
  size_t rest_bytes;
  char *unsent;
  size_t unsent_from, unsent_to;
};

static char input[MAX_FRAME + READ_BYTES], output[2 * (MAX_FRAME + READ_BYTES)];

static void end(struct connection *c) {
  close(c->fd);
  free(c->rest);
  free(c->unsent);
  free(c);
}

// The value that begins at `from`: up to its own closing bracket or quote, or the comma or bracket after it.
static size_t value_bytes(const char *from, const char *to) {
  int level = 0;
  bool in_string = false;
  for (const char *at = from; at < to; at++) {
    if (in_string) {
      if (*at == '\\') at++;
      else if (*at == '"') in_string = false;
    } else if (*at == '"') in_string = true;
    else if (*at == '[' || *at == '{') level++;
    else if (*at == ']' || *at == '}' || *at == ',') {
      if (level == 0) return (size_t)(at - from);
      if (*at != ',') level--;
    }
  }
  return (size_t)(to - from);
}

static size_t copied_value(char *to, const char *body, size_t bytes, const char *name, size_t name_bytes) {
  const char *at = memmem(body, bytes, name, name_bytes);
  if (at == NULL) return (size_t)(stpcpy(to, "null") - to);
  at += name_bytes;
  size_t length = value_bytes(at, body + bytes);
  memcpy(to, at, length);
  return length;
}

static size_t reply(char *to, const char *body, size_t bytes) {
  char *at = to + 4;
  at = stpcpy(at, "{\"jsonrpc\":\"2.0\",\"id\":");
  at += copied_value(at, body, bytes, "\"id\":", 5);
  at = stpcpy(at, ",\"result\":");
  at += copied_value(at, body, bytes, "\"params\":", 9);
  *at++ = '}';
  uint32_t length = htonl((uint32_t)(at - to - 4));
  memcpy(to, &length, 4);
  return (size_t)(at - to);
}

// False: the connection is lost.
static bool send_bytes(struct connection *c, const char *from, size_t bytes) {
  ssize_t n = send(c->fd, from, bytes, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) return false;
  size_t sent = n < 0 ? 0 : (size_t)n;
  if (sent == bytes) return true;
  char *unsent = malloc(bytes - sent);
  if (unsent == NULL) return false;
  memcpy(unsent, from + sent, bytes - sent);
  c->unsent = unsent;
  c->unsent_from = 0;
  c->unsent_to = bytes - sent;
  return true;
}

static bool send_rest(struct connection *c) {
  ssize_t n = send(c->fd, c->unsent + c->unsent_from, c->unsent_to - c->unsent_from, MSG_NOSIGNAL);
  if (n < 0) return errno == EAGAIN;
  c->unsent_from += (size_t)n;
  if (c->unsent_from == c->unsent_to) {
    free(c->unsent);
    c->unsent = NULL;
  }
  return true;
}

// Answers all frames of the input, keeps what is left. False: the connection is to be closed.
static bool answer(struct connection *c, size_t bytes) {
  size_t at = 0, out = 0;
  while (bytes - at >= 4) {
    uint32_t length;
    memcpy(&length, input + at, 4);
    length = ntohl(length);
    if (length > MAX_FRAME) return false;
    if (bytes - at - 4 < length) break;
    out += reply(output + out, input + at + 4, length);
    at += 4 + length;
  }
  free(c->rest);
  c->rest = NULL;
  c->rest_bytes = bytes - at;
  if (c->rest_bytes > 0) {
    if ((c->rest = malloc(c->rest_bytes)) == NULL) return false;
    memcpy(c->rest, input + at, c->rest_bytes);
  }
  return out == 0 || send_bytes(c, output, out);
}

static bool serve(struct connection *c) {
  while (c->is_readable && c->unsent == NULL) {
    memcpy(input, c->rest, c->rest_bytes);
    ssize_t n = recv(c->fd, input + c->rest_bytes, READ_BYTES, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
    // After a short read there will be another edge, unless the peer's end came with this one.
    if (n < READ_BYTES && !c->has_ended) c->is_readable = false;
    if (n < 0) c->is_readable = false;
    else if (!answer(c, c->rest_bytes + (size_t)n)) return false;
  }
  return true;
}

static void accept_all(int epoll_fd, int listener) {
  int fd, one = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct connection *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    if (c == NULL) abort();
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) end(c);
  }
}

static int listening(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t bytes = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&at, bytes) != 0 || listen(listener, 4096) != 0) {
    perror("echo: cannot listen on 127.0.0.1");
    exit(1);
  }
  getsockname(listener, (struct sockaddr *)&at, &bytes);
  printf("listening on 127.0.0.1:%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return listener;
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int listener = listening(), epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[EVENTS], first = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &first);
  for (;;) {
    int count = epoll_wait(epoll_fd, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == NULL) {
        accept_all(epoll_fd, listener);
        continue;
      }
      if (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) c->is_readable = true;
      if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) c->has_ended = true;
      bool lives = c->unsent == NULL || !(events[i].events & EPOLLOUT) || send_rest(c);
      if (!lives || !serve(c)) end(c);
    }
  }
}
