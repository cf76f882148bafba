// hwloc: cores, caches, NUMA nodes, binding. No wrappers needed: Swift calls hwloc's functions as they are.
#ifndef GEMMCAST_CHWLOC_H
#define GEMMCAST_CHWLOC_H

#include <hwloc.h>
// Binding of a thread by its task id: OpenBLAS's threads have no handle that we could get at.
#include <hwloc/linux.h>

#endif
