// Requests, and replies: each is compared, byte by byte save its id, with one that was found right.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"

size_t request_bytes;

static char request[MAX_TEXT + 256], payload[MAX_TEXT + 8]; // the result of a right reply
static size_t request_id_at;
static char pattern[MAX_FRAME]; // the body of a right reply
static size_t pattern_bytes, pattern_id_at;
static bool has_pattern;

static int write_body(char *body) {
  if (options.method != NULL) {
    strcpy(payload, options.result);
    return sprintf(body, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":%u}", options.method, FIRST_ID);
  }
  memset(payload, 'x', sizeof payload);
  memcpy(payload, "[\"", 2);
  memcpy(payload + 2 + options.text, "\"]", 3);
  return sprintf(body, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":%s,\"id\":%u}", payload, FIRST_ID);
}

void make_request(void) {
  char body[sizeof request - 64];
  int bytes = write_body(body);
  if (options.framing == INT32) {
    uint32_t length = htonl((uint32_t)bytes);
    memcpy(request, &length, 4);
    memcpy(request + 4, body, (size_t)bytes);
    request_bytes = 4 + (size_t)bytes;
  } else {
    const char *form = options.framing == HEADER ? "Content-Length: %d\r\n\r\n%s" : "%.0d%s\n";
    request_bytes = (size_t)sprintf(request, form, options.framing == HEADER ? bytes : 0, body);
  }
  request_id_at = request_bytes - (options.framing == LINE ? 2 : 1) - 7;
}

void write_request(char *to, uint32_t id) {
  memcpy(to, request, request_bytes);
  for (int i = 6; i >= 0; i--, id /= 10) to[request_id_at + (size_t)i] = (char)('0' + id % 10);
}

// Seven digits, or 0.
static uint32_t read_id(const char *at) {
  uint32_t id = 0;
  for (int i = 0; i < 7; i++) {
    if (at[i] < '0' || at[i] > '9') return 0;
    id = id * 10 + (uint32_t)(at[i] - '0');
  }
  return id;
}

// The first reply must hold the parts a right one has; the others are compared with it. Python writes `, ` and `: `.
static void learn(const char *body, size_t bytes) {
  const char *id = memmem(body, bytes, "\"id\":", 5), *end = body + bytes;
  const char *result = memmem(body, bytes, "\"result\":", 9);
  if (bytes > sizeof pattern || id == NULL || result == NULL || memmem(body, bytes, payload, strlen(payload)) == NULL ||
      memmem(body, bytes, "\"jsonrpc\":", 10) == NULL)
    die("the server's first reply is wrong: %.*s", (int)(bytes > 300 ? 300 : bytes), body);
  id += id[5] == ' ' ? 6 : 5;
  if (end - id < 8 || read_id(id) == 0 || (id[7] != ',' && id[7] != '}')) die("the server's first reply has another id");
  memcpy(pattern, body, bytes);
  pattern_bytes = bytes;
  pattern_id_at = (size_t)(id - body);
  has_pattern = true;
}

uint32_t checked_id(const char *body, size_t bytes) {
  if (!has_pattern) learn(body, bytes);
  size_t after = pattern_id_at + 7;
  if (bytes != pattern_bytes || memcmp(body, pattern, pattern_id_at) != 0 ||
      memcmp(body + after, pattern + after, bytes - after) != 0)
    return 0;
  return read_id(body + pattern_id_at);
}

size_t frame_bytes(const char *input, size_t bytes, size_t *body, size_t *body_bytes) {
  if (options.framing == INT32) {
    uint32_t length;
    if (bytes < 4) return 0;
    memcpy(&length, input, 4);
    length = ntohl(length);
    if (length > MAX_FRAME - 4) die("a reply claims %u bytes", length);
    *body = 4;
    *body_bytes = length;
    return bytes >= 4 + (size_t)length ? 4 + (size_t)length : 0;
  }
  if (options.framing == LINE) {
    const char *end = memchr(input, '\n', bytes);
    *body = 0;
    *body_bytes = end == NULL ? 0 : (size_t)(end - input);
    return end == NULL ? 0 : *body_bytes + 1;
  }
  const char *end = memmem(input, bytes, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  const char *length = strcasestr(input, "content-length:");
  if (length == NULL || length > end) die("a reply has no Content-Length");
  long claimed = strtol(length + 15, NULL, 10);
  if (claimed <= 0 || claimed > MAX_FRAME) die("a reply claims %ld bytes", claimed);
  *body = (size_t)(end - input) + 4;
  *body_bytes = (size_t)claimed;
  return bytes >= *body + (size_t)claimed ? *body + (size_t)claimed : 0;
}
