/* Stands between a process and the disk: tells of every sync of a file in SHIM_FOLDER before it happens, and waits for an
   answer; or lets a sync or all writes from one on fail. What the C library writes for itself (fwrite) is not seen. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static const char *folder;
static long failing_sync, failing_write, syncs, writes;
static int telling = -1, listening = -1;

static long number(const char *name, long otherwise) {
    const char *value = getenv(name);
    return value ? atol(value) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
    folder = getenv("SHIM_FOLDER");
    failing_sync = number("SHIM_FAILING_SYNC", 0);
    failing_write = number("SHIM_FAILING_WRITE", 0);
    telling = (int)number("SHIM_TELLING", -1);
    listening = (int)number("SHIM_LISTENING", -1);
}

static int is_watched(int descriptor, char *path, size_t size) {
    char link[64];
    ssize_t length;
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, size - 2);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int synced(int descriptor, long call) {
    char path[4096], answer;
    if (is_watched(descriptor, path, sizeof path)) {
        if (failing_sync && ++syncs == failing_sync) {
            errno = EIO;
            return -1;
        }
        if (telling >= 0) {
            strcat(path, "\n");
            syscall(SYS_write, telling, path, strlen(path));
            syscall(SYS_read, listening, &answer, 1);
        }
    }
    return (int)syscall(call, descriptor);
}

int fsync(int descriptor) { return synced(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, SYS_fdatasync); }

static int is_refused(int descriptor) {
    char path[4096];
    if (!failing_write || !is_watched(descriptor, path, sizeof path) || ++writes < failing_write) return 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int descriptor, const void *data, size_t size) {
    return is_refused(descriptor) ? -1 : syscall(SYS_write, descriptor, data, size);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return is_refused(descriptor) ? -1 : syscall(SYS_pwrite64, descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
    return is_refused(descriptor) ? -1 : syscall(SYS_pwrite64, descriptor, data, size, offset);
}
