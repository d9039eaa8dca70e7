<?php

declare(strict_types=1);

namespace Antom\Tests;

/**
 * Makes small libraries in C that stand in for libantom.
 */
final class Compiler
{
    /**
     * @param string $option of the compiler
     * @return string the path of the library; the caller removes it
     */
    public static function sharedLibrary(string $source, string $option = '-O1'): string
    {
        $library = tempnam(sys_get_temp_dir(), 'antom-php-');
        file_put_contents("$library.c", $source);
        $files = escapeshellarg($library) . ' ' . escapeshellarg("$library.c");
        $command = "cc -shared -fPIC $option -o $files 2>&1";
        exec($command, $output, $status);
        unlink("$library.c");
        if ($status !== 0) {
            throw new \RuntimeException("$command\n" . implode("\n", $output));
        }
        return $library;
    }
}
