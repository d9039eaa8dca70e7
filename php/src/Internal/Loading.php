<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\Exception\ConfigException;

/**
 * Says what keeps libantom from being loaded, and which line to put into which file. Uses no FFI.
 *
 * @internal
 */
final class Loading
{
    private function __construct()
    {
    }

    public static function requireExtension(): void
    {
        if (PHP_VERSION_ID < 80000 && ((int) ini_get('mbstring.func_overload') & 2) !== 0) {
            // strlen() would count characters, and C would read past the end.
            throw self::failure(sprintf('mbstring.func_overload is on: set it to 0 in %s', self::iniFile()));
        }
        if (!extension_loaded('FFI')) {
            throw self::failure(sprintf(
                'PHP\'s FFI extension is not loaded: install it and write extension=ffi into %s',
                self::iniFile()
            ));
        }
    }

    /** Before version 8.3 PHP does not say why the system does not load a library. */
    public static function problem(string $library, string $message): string
    {
        if (strpos($message, 'Failed resolving') === 0) {
            return "$message (it is not libantom)";
        }
        return is_file($library) ? "$message (`ldd -r $library` says what is missing)" : $message;
    }

    /** Whether PHP leaves FFI to preloaded files: then no script may choose what is loaded through this one. */
    public static function isRestricted(): bool
    {
        return PHP_SAPI !== 'cli' && ini_get('ffi.enable') === 'preload';
    }

    public static function whyRestricted(): string
    {
        $file = self::iniFile();
        if (!self::isRestricted()) {
            return "ffi.enable is off: write ffi.enable=true into $file, or ffi.enable=preload and the lines that "
                . 'bin/antom-preload prints; then restart PHP';
        }
        $preload = (string) ini_get('opcache.preload');
        if ($preload === '') {
            return "ffi.enable is \"preload\". Write ffi.enable=true into $file, or the lines that bin/antom-preload "
                . 'prints, with opcache.preload=' . self::script() . '; then restart PHP';
        }
        if (!filter_var(ini_get('opcache.enable'), FILTER_VALIDATE_BOOLEAN)) {
            return "opcache is off: write opcache.enable=1 into $file, or ffi.enable=true, which needs no opcache; then "
                . 'restart PHP';
        }
        return "opcache.preload, which is $preload in $file, has not loaded this package: let it require "
            . self::script() . '; then restart PHP';
    }

    /** libantom was loaded by a header of another version. */
    public static function outdated(\FFI\Exception $exception): ConfigException
    {
        return self::failure(
            $exception->getMessage() . '. The header that ffi.preload names is of another version of this package: run '
            . 'bin/antom-preload again and restart PHP',
            'Write the header again. If this was a call of the API, it may have been sent: ask recover() afterwards.'
        );
    }

    public static function failure(
        string $problem,
        string $advice = 'Correct PHP\'s settings or the path of the library; nothing was sent.'
    ): ConfigException {
        return new ConfigException(
            sprintf(
                'libantom cannot be loaded: %s (SAPI: %s, php.ini: %s)',
                $problem,
                PHP_SAPI,
                php_ini_loaded_file() ?: 'none'
            ),
            ['advice' => $advice]
        );
    }

    /** What opcache.preload has to load. */
    public static function script(): string
    {
        return dirname(__DIR__, 2) . '/preload.php';
    }

    /** Where this PHP reads its settings: each SAPI has a file of its own. */
    private static function iniFile(): string
    {
        return php_ini_loaded_file() ?: 'a php.ini (phpinfo() shows where it is looked for)';
    }
}
