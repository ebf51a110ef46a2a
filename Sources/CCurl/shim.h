#include <curl/curl.h>

// What curl takes as the last of a variable number of arguments has a type of its own in each case, and Swift has no
// such calls.
static inline CURLcode zion_curl_number(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode zion_curl_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode zion_curl_list(CURL *curl, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode zion_curl_pointer(CURL *curl, CURLoption option, void *value) {
  return curl_easy_setopt(curl, option, value);
}
static inline CURLcode zion_curl_reader(CURL *curl, curl_read_callback reader) {
  return curl_easy_setopt(curl, CURLOPT_READFUNCTION, reader);
}
static inline long zion_curl_response(CURL *curl) {
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  return code;
}
