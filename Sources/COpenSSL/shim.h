// SHA256_Init and its kin are marked deprecated in OpenSSL 3 but stay the fastest way to SHA-NI:
// 153 ns a header, against 207 ns through a fetched EVP_MD.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
