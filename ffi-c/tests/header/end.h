
#include "antom/end.h"

#endif /* ANTOM_H */
