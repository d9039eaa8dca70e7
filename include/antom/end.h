/* Included by antom.h after its declarations. On purpose without a guard. */
#ifdef __cplusplus
}
#endif
#ifdef ANTOM_ATTRIBUTE_SHIM
#undef __attribute__
#undef ANTOM_ATTRIBUTE_SHIM
#endif
