/* curl ENDPOINT CLIENT_ID PRIVATE_KEY PUBLIC_KEY CA: for each byte of its standard input, makes a
 * createVaultingSession call with libcurl and OpenSSL on one kept connection, signs it, verifies
 * the answer, and prints the CPU time of the call in microseconds. It is what the PHP package is
 * compared with. */
#define _POSIX_C_SOURCE 200809L
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char path[] = "/ams/sandbox/api/v1/vaults/createVaultingSession";

struct answer {
    char body[16384];
    size_t length;
    char time[64];
    char signature[1024];
};

static void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    struct answer *answer = context;
    if (answer->length + size * count >= sizeof answer->body) {
        return 0;
    }
    memcpy(answer->body + answer->length, bytes, size * count);
    answer->length += size * count;
    return size * count;
}

static void keep(char *into, size_t room, const char *line, size_t length, const char *name) {
    size_t skip = strlen(name);
    if (length > skip + 2 && strncasecmp(line, name, skip) == 0 && length - skip - 2 < room) {
        memcpy(into, line + skip, length - skip - 2);
        into[length - skip - 2] = '\0';
    }
}

static size_t on_header(char *line, size_t size, size_t count, void *context) {
    struct answer *answer = context;
    keep(answer->time, sizeof answer->time, line, size * count, "response-time: ");
    keep(answer->signature, sizeof answer->signature, line, size * count, "signature: ");
    return size * count;
}

static EVP_PKEY *read_key(const char *file, int is_private) {
    FILE *stream = fopen(file, "r");
    EVP_PKEY *key = NULL;
    if (stream == NULL) {
        die(file);
    }
    key = is_private ? PEM_read_PrivateKey(stream, NULL, NULL, NULL)
                     : PEM_read_PUBKEY(stream, NULL, NULL, NULL);
    fclose(stream);
    if (key == NULL) {
        die("a key cannot be read");
    }
    return key;
}

static void sign(EVP_PKEY *key, const char *content, char *header, size_t room) {
    unsigned char signature[512];
    unsigned char text[700];
    size_t length = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    char *escaped;
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &length, (const unsigned char *)content,
                       strlen(content)) != 1) {
        die("cannot sign");
    }
    EVP_MD_CTX_free(context);
    EVP_EncodeBlock(text, signature, (int)length);
    escaped = curl_easy_escape(NULL, (const char *)text, 0);
    snprintf(header, room, "signature: algorithm=RSA256,keyVersion=1,signature=%s", escaped);
    curl_free(escaped);
}

static void verify(EVP_PKEY *key, const char *client_id, struct answer *answer) {
    char content[17000];
    unsigned char signature[700];
    const char *found = strstr(answer->signature, "signature=");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    char *text;
    int length;
    answer->body[answer->length] = '\0';
    if (found == NULL) {
        die(answer->body);
    }
    text = curl_easy_unescape(NULL, found + strlen("signature="), 0, &length);
    EVP_DecodeBlock(signature, (const unsigned char *)text, length);
    curl_free(text);
    snprintf(content, sizeof content, "POST %s\n%s.%s.%s", path, client_id, answer->time,
             answer->body);
    if (EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestVerify(context, signature, (size_t)EVP_PKEY_get_size(key),
                         (const unsigned char *)content, strlen(content)) != 1) {
        die("the answer does not verify");
    }
    EVP_MD_CTX_free(context);
    if (strstr(answer->body, "\"resultStatus\":\"S\"") == NULL) {
        die(answer->body);
    }
}

/* How long this process has run on a CPU, in microseconds. */
static double cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    char url[300], id_header[100], time_text[40], time_header[60], signature_header[1200];
    char body[300], content[1000];
    struct timespec now;
    struct answer answer;
    EVP_PKEY *own, *antom;
    CURL *curl;
    unsigned calls = 0;
    if (argc != 6) {
        die("usage: curl ENDPOINT CLIENT_ID PRIVATE_KEY PUBLIC_KEY CA");
    }
    own = read_key(argv[3], 1);
    antom = read_key(argv[4], 0);
    curl = curl_easy_init();
    snprintf(url, sizeof url, "%s%s", argv[1], path);
    snprintf(id_header, sizeof id_header, "client-id: %s", argv[2]);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, argv[5]);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
    while (getchar() != EOF) {
        struct curl_slist *headers = NULL;
        double begin = cpu();
        memset(&answer, 0, sizeof answer);
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(time_text, sizeof time_text, "%lld", now.tv_sec * 1000LL + now.tv_nsec / 1000000);
        snprintf(
            body, sizeof body,
            "{\"paymentMethodType\":\"CARD\",\"vaultingRequestId\":\"%08x-aaaa-4bbb-8ccc-%012x\","
            "\"vaultingNotificationUrl\":\"https://shop.example/notify\"}",
            (unsigned)now.tv_nsec, ++calls);
        snprintf(content, sizeof content, "POST %s\n%s.%s.%s", path, argv[2], time_text, body);
        sign(own, content, signature_header, sizeof signature_header);
        snprintf(time_header, sizeof time_header, "request-time: %s", time_text);
        headers = curl_slist_append(headers, "content-type: application/json; charset=UTF-8");
        headers = curl_slist_append(headers, id_header);
        headers = curl_slist_append(headers, time_header);
        headers = curl_slist_append(headers, signature_header);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        if (curl_easy_perform(curl) != CURLE_OK) {
            die("the call failed");
        }
        curl_slist_free_all(headers);
        verify(antom, argv[2], &answer);
        printf("%.1f\n", cpu() - begin);
        fflush(stdout);
    }
    curl_easy_cleanup(curl);
    EVP_PKEY_free(own);
    EVP_PKEY_free(antom);
    return 0;
}
