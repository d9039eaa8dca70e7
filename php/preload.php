<?php

/**
 * For opcache.preload: loads the whole package when PHP starts, so that web requests find it loaded, and so that FFI is
 * allowed in it. A shop with a script of its own there requires this file from it.
 */

declare(strict_types=1);

(static function (): void {
    require_once __DIR__ . '/autoload.php';
    $files = new RecursiveIteratorIterator(
        new RecursiveDirectoryIterator(__DIR__ . '/src', FilesystemIterator::SKIP_DOTS)
    );
    foreach ($files as $file) {
        $class = substr($file->getPathname(), strlen(__DIR__ . '/src/'), -strlen('.php'));
        // What stands above a class is loaded with it, in the right order.
        class_exists('Antom\\' . str_replace('/', '\\', $class));
    }
})();
