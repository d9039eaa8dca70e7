<?php

declare(strict_types=1);

namespace Antom\Internal;

/**
 * Where the header and the library can be. Looks at file names only and loads nothing.
 *
 * @internal
 */
final class Location
{
    /** How a program or a library of Linux begins. */
    private const ELF = "\x7fELF";
    private const ELF_HEADER = 64;

    private function __construct()
    {
    }

    /** antom.h: in the package, or above it in a checkout, where the package has no copy. Null if there is none. */
    public static function header(): ?string
    {
        foreach ([self::package() . '/include/antom.h', dirname(self::package()) . '/include/antom.h'] as $file) {
            if (is_file($file)) {
                return $file;
            }
        }
        return null;
    }

    /** The library that was asked for by name: it is the only one to try. */
    public static function chosen(?string $setting): ?string
    {
        $variable = getenv('ANTOM_LIBRARY');
        return $setting ?? (is_string($variable) && $variable !== '' ? $variable : null);
    }

    /**
     * The libraries to try, in order, if none was asked for.
     *
     * @return list<string>
     */
    public static function libraries(): array
    {
        $soname = PHP_OS_FAMILY === 'Darwin'
            ? 'libantom.' . Native::ABI_VERSION . '.dylib'
            : 'libantom.so.' . Native::ABI_VERSION;
        // On Linux there is one library for each C library: the wrong one does not load.
        $files = [];
        foreach (['-gnu', '-musl', ''] as $libc) {
            $files[] = self::package() . '/lib/' . self::platform() . $libc . '/' . $soname;
        }
        // Without any, the first one is named among what was tried.
        return array_merge(array_values(array_filter($files, 'is_file')) ?: [$files[0]], [$soname]);
    }

    /** Why PHP cannot load a file, as far as that can be seen; null if it cannot. */
    public static function whyNot(string $file): ?string
    {
        if (is_dir($file)) {
            return 'it is a folder';
        }
        if (!is_file($file)) {
            return 'there is no such file';
        }
        $headers = array_map(static function (string $program): string {
            return (string) @file_get_contents($program, false, null, 0, self::ELF_HEADER);
        }, [$file, '/proc/self/exe']);
        if (strncmp($headers[1], self::ELF, strlen(self::ELF)) !== 0) {
            return null;
        }
        if (strncmp($headers[0], self::ELF, strlen(self::ELF)) !== 0) {
            return 'it is not a library';
        }
        // The width of addresses, and the kind of processor.
        if ($headers[0][4] !== $headers[1][4] || substr($headers[0], 18, 2) !== substr($headers[1], 18, 2)) {
            return 'it is for another kind of processor than this PHP';
        }
        return null;
    }

    /** For example "linux-x86_64". */
    private static function platform(): string
    {
        $machine = strtolower(php_uname('m'));
        $machine = ['amd64' => 'x86_64', 'arm64' => 'aarch64'][$machine] ?? $machine;
        return strtolower(PHP_OS_FAMILY) . '-' . $machine;
    }

    private static function package(): string
    {
        return dirname(__DIR__, 2);
    }
}
