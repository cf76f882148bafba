// zlib: one call that deflates a whole buffer, and the checksum of gzip's trailer.
#ifndef GEMMCAST_CZLIB_H
#define GEMMCAST_CZLIB_H

#include <zlib.h>

#endif
