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

    /**
     * The libraries to try, in order. A library that was asked for by name is the only one.
     *
     * @return list<string>
     */
    public static function libraries(?string $setting): array
    {
        if ($setting !== null) {
            return [$setting];
        }
        $variable = getenv('ANTOM_LIBRARY');
        if (is_string($variable) && $variable !== '') {
            return [$variable];
        }
        $soname = PHP_OS_FAMILY === 'Darwin'
            ? 'libantom.' . Native::ABI_VERSION . '.dylib'
            : 'libantom.so.' . Native::ABI_VERSION;
        $libraries = [];
        // On Linux there is one library for each C library: the wrong one does not load.
        foreach (['', '-gnu', '-musl'] as $libc) {
            $file = self::package() . '/lib/' . self::platform() . $libc . '/' . $soname;
            if (is_file($file)) {
                $libraries[] = $file;
            }
        }
        $libraries[] = $soname;
        return $libraries;
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
