/* Included by antom.h before its declarations. On purpose without a guard. */
#if !defined(__GNUC__) && !defined(__clang__)
#define __attribute__(x)
#define ANTOM_ATTRIBUTE_SHIM 1
#endif
#ifdef __cplusplus
extern "C" {
#endif
