<?php

declare(strict_types=1);

namespace Antom\Tests;

use PHPUnit\Framework\TestCase;

/**
 * PHP as a web server, where ffi.enable=preload, the default, allows FFI only in preloaded files.
 *
 * Each page is asked for three times: PHP forgets its objects after every request, but the library stays.
 */
final class WebServerTest extends TestCase
{
    private const REQUESTS = 3;
    private const SECONDS = 20;

    private string $directory;
    private string $library;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/antom-php-' . bin2hex(random_bytes(8));
        mkdir($this->directory);
        $this->library = (string) realpath((string) getenv('ANTOM_LIBRARY'));
    }

    protected function tearDown(): void
    {
        array_map('unlink', glob($this->directory . '/*'));
        rmdir($this->directory);
    }

    public function testWithoutPreloadingItSaysWhatToDo(): void
    {
        foreach ($this->pages([]) as $page) {
            self::assertStringStartsWith('Config: libantom cannot be loaded: PHP does not allow FFI here', $page);
            foreach (['ffi.enable is "preload"', 'Write ffi.enable=true into ', 'SAPI: cli-server'] as $part) {
                self::assertStringContainsString($part, $page);
            }
        }
    }

    public function testWithFfiForEveryScript(): void
    {
        foreach ($this->pages(['ffi.enable' => 'true']) as $page) {
            self::assertStringEndsWith("($this->library)\n", $page);
        }
    }

    public function testWithNativePreloadedTheSystemsLibraryIsTaken(): void
    {
        symlink($this->library, $this->directory . '/libantom.so.1');
        foreach ($this->pages($this->preloading(), ['LD_LIBRARY_PATH' => $this->directory]) as $page) {
            self::assertStringEndsWith("(libantom.so.1)\n", $page);
        }
    }

    public function testWithNativePreloadedNoScriptChoosesTheLibrary(): void
    {
        foreach ($this->pages($this->preloading()) as $page) {
            self::assertStringContainsString('scripts may not choose the library: leave out the setting', $page);
            self::assertStringContainsString('or name it once for all: bin/antom-preload FILE LIBRARY', $page);
        }
    }

    public function testWithNativeAndTheLibraryPreloaded(): void
    {
        $header = $this->directory . '/antom.preload.h';
        file_put_contents(
            $header,
            "#define FFI_SCOPE \"ANTOM\"\n#define FFI_LIB \"$this->library\"\n" . Repository::text('include/antom.h')
        );
        foreach ($this->pages(['ffi.preload' => $header] + $this->preloading()) as $page) {
            self::assertStringEndsWith("(ffi.preload)\n", $page);
        }
    }

    /** @return array<string, string> */
    private function preloading(): array
    {
        if (!extension_loaded('Zend OPcache')) {
            self::markTestSkipped('this PHP has no opcache');
        }
        $user = posix_getpwuid(posix_geteuid())['name'];
        return [
            'opcache.enable' => '1',
            'opcache.enable_cli' => '1',
            'opcache.preload' => Repository::path('php/preload.php'),
            'opcache.preload_user' => $user,
        ];
    }

    /**
     * @param array<string, string> $ini
     * @param array<string, string>|null $environment
     * @return list<string>
     */
    private function pages(array $ini, ?array $environment = null): array
    {
        $log = $this->directory . '/server.log';
        $address = self::freeAddress();
        $command = [PHP_BINARY, '-S', $address];
        foreach ($ini + ['ffi.enable' => 'preload'] as $name => $value) {
            array_push($command, '-d', "$name=$value");
        }
        $command[] = __DIR__ . '/programs/web.php';
        $server = proc_open(
            $command,
            [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a']],
            $pipes,
            null,
            $environment ?? ['ANTOM_LIBRARY' => $this->library]
        );
        try {
            $deadline = microtime(true) + self::SECONDS;
            while (strpos(file_get_contents($log), "http://$address") === false) {
                self::assertTrue(
                    proc_get_status($server)['running'] && microtime(true) < $deadline,
                    'the server does not start: ' . file_get_contents($log)
                );
                usleep(10000);
            }
            $pages = [];
            for ($i = 0; $i < self::REQUESTS; $i++) {
                $page = @file_get_contents("http://$address/");
                self::assertIsString($page, file_get_contents($log));
                $pages[] = $page;
            }
            return $pages;
        } finally {
            proc_terminate($server);
            proc_close($server);
        }
    }

    private static function freeAddress(): string
    {
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($listener, false);
        fclose($listener);
        return $address;
    }
}
