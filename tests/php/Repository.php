<?php

declare(strict_types=1);

namespace Antom\Tests;

/**
 * Reads files of this repository.
 */
final class Repository
{
    public static function path(string $path): string
    {
        return dirname(__DIR__, 2) . '/' . $path;
    }

    public static function text(string $path): string
    {
        $text = file_get_contents(self::path($path));
        if ($text === false) {
            throw new \RuntimeException("$path cannot be read");
        }
        return $text;
    }

    /** @return array<string, mixed> */
    public static function json(string $path): array
    {
        return json_decode(self::text($path), true, 512, JSON_THROW_ON_ERROR);
    }

    /**
     * The PHP files below a folder.
     *
     * @return list<string> relative to the repository
     */
    public static function phpFiles(string $folder): array
    {
        $files = [];
        $entries = new \RecursiveIteratorIterator(
            new \RecursiveDirectoryIterator(self::path($folder), \FilesystemIterator::SKIP_DOTS)
        );
        foreach ($entries as $entry) {
            if ($entry->getExtension() === 'php' && strpos($entry->getPathname(), '/vendor/') === false) {
                $files[] = substr($entry->getPathname(), strlen(self::path('')));
            }
        }
        sort($files);
        return $files;
    }

    /** The text of antom.h without its comments. */
    public static function header(): string
    {
        return preg_replace('~/\*.*?\*/~s', '', self::text('include/antom.h'));
    }
}
