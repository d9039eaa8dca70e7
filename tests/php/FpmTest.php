<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use PHPUnit\Framework\TestCase;

/**
 * PHP-FPM behind nginx: how FFI is allowed there, and that workers keep what is expensive between web requests.
 */
final class FpmTest extends TestCase
{
    private ?WebServer $server = null;
    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/antom-php-' . bin2hex(random_bytes(8));
        mkdir($this->directory);
    }

    protected function tearDown(): void
    {
        if ($this->server !== null) {
            $this->server->stop();
        }
        array_map('unlink', glob($this->directory . '/*'));
        rmdir($this->directory);
    }

    // ---- how FFI is allowed --------------------------------------------------------------------------------------

    public function testWithPhpsDefaultsItSaysWhichLineGoesWhere(): void
    {
        $page = $this->start([])->get('create_client.php');
        $file = $this->server->get('ini_file.php');
        self::assertFileExists($file);
        self::assertStringContainsString("Write ffi.enable=true into $file, or the lines that bin/antom-preload", $page);
        self::assertStringContainsString('opcache.preload=' . Repository::path('php/preload.php'), $page);
        self::assertStringContainsString('SAPI: fpm-fcgi', $page);
    }

    public function testWithFfiForEveryScript(): void
    {
        $this->start(['ffi.enable' => 'true']);
        for ($i = 0; $i < 5; $i++) {
            self::assertStringContainsString('uses libantom ', $this->server->get('create_client.php'));
        }
    }

    public function testWithTheLinesThatAntomPreloadPrints(): void
    {
        $this->start($this->preloading());
        for ($i = 0; $i < 5; $i++) {
            self::assertStringEndsWith("(ffi.preload)\n", $this->server->get('create_client.php'));
        }
    }

    /** @return iterable<string, array{array<string, string>, string}> */
    public static function linesThatDoNotHelp(): iterable
    {
        yield 'opcache is off' => [['opcache.enable' => '0'], 'opcache is off: write opcache.enable=1 into '];
        yield 'FFI is off' => [['ffi.enable' => 'false'], 'ffi.enable is off: write ffi.enable=true into '];
        $other = __DIR__ . '/Repository.php';
        yield 'another script' => [['opcache.preload' => $other], "opcache.preload, which is $other in "];
    }

    /**
     * @dataProvider linesThatDoNotHelp
     * @param array<string, string> $ini
     */
    public function testLinesThatDoNotHelpAreNamed(array $ini, string $message): void
    {
        $page = $this->start($ini + $this->preloading())->get('create_client.php');
        self::assertStringContainsString("because $message" . $this->server->get('ini_file.php'), $page);
    }

    public function testAScriptReachesLibantomThroughThePackageAndNotFfi(): void
    {
        $page = $this->start($this->preloading())->get('reach_ffi.php');
        self::assertSame(
            "libantom answers\nFFI itself: FFI\\Exception\n"
            . "cast: FFI\\Exception\ncall: Antom\\Exception\\InvalidArgumentException\n"
            . "preloading: Antom\\Exception\\ConfigException\nsigner: Antom\\Exception\\InvalidArgumentException\n"
            . "memory: FFI\\Exception\n"
            . "request: Antom\\Exception\\InvalidArgumentException\n",
            $page
        );
    }

    public function testAntomPreloadSaysWhatItNeeds(): void
    {
        $environment = ['ANTOM_LIBRARY' => (string) getenv('ANTOM_LIBRARY')];
        $program = self::antomPreload([], $environment);
        self::assertSame(2, $program->status);
        self::assertStringStartsWith('usage: antom-preload FILE [LIBRARY]', $program->output);
        $program = self::antomPreload(['/does/not/exist/antom.h'], $environment);
        self::assertSame(1, $program->status);
        self::assertStringContainsString('/does/not/exist/antom.h cannot be written: give a path', $program->output);
        $program = self::antomPreload([$this->directory . '/x.h', '/does/not/exist.so'], []);
        self::assertSame(1, $program->status);
        self::assertStringContainsString('/does/not/exist.so: there is no such file', $program->output);
    }

    // ---- warm connections ----------------------------------------------------------------------------------------

    /** @return iterable<string, array{bool}> */
    public static function modes(): iterable
    {
        yield 'ffi.enable=preload' => [true];
        yield 'ffi.enable=true' => [false];
    }

    /** @dataProvider modes */
    public function testTwoWorkersConnectTwiceForTwoHundredPages(bool $preload): void
    {
        $this->start($preload ? $this->preloading() : ['ffi.enable' => 'true']);
        $before = self::handshakes();
        $workers = [];
        for ($i = 0; $i < 50; $i++) {
            foreach ($this->pages(4) as $page) {
                $workers[$page['worker']][$page['connection']] = true;
            }
        }
        // Counted at the gateway: also handshakes over which nothing was asked.
        self::assertLessThanOrEqual(2, self::handshakes() - $before - 1);
        self::assertCount(2, $workers);
        self::assertSame([1, 1], array_map('count', array_values($workers)));
    }

    public function testTwoShopsInOneWorkerKeepTheirOwnConnections(): void
    {
        $this->start(['ffi.enable' => 'true'], ['pm.max_children' => '1']);
        $connections = [];
        for ($i = 0; $i < 6; $i++) {
            foreach (['apo', 'ams'] as $product) {
                $connections[$product][$this->pages(1, "?product=$product")[0]['connection']] = true;
            }
        }
        self::assertSame([1, 1], array_map('count', array_values($connections)), json_encode($connections));
        self::assertNotSame(array_keys($connections['apo']), array_keys($connections['ams']));
    }

    // ---- workers that come and go --------------------------------------------------------------------------------

    public function testWorkersThatAreReplacedLoseNoRequest(): void
    {
        $this->start($this->preloading(), ['pm.max_requests' => '10']);
        $workers = [];
        for ($i = 0; $i < 25; $i++) {
            $workers += array_column($this->pages(4), null, 'worker');
        }
        self::assertGreaterThanOrEqual(8, count($workers));
    }

    public function testAReloadLosesNoRequest(): void
    {
        $this->start($this->preloading());
        $workers = [];
        for ($i = 0; $i < 30; $i++) {
            if ($i % 10 === 5) {
                $this->server->reload();
            }
            $workers += array_column($this->pages(4), null, 'worker');
        }
        self::assertGreaterThanOrEqual(4, count($workers));
    }

    public function testAKilledWorkerLosesNoRequest(): void
    {
        $this->start($this->preloading());
        for ($i = 0; $i < 5; $i++) {
            touch($this->directory . '/kill');
            $workers = array_column($this->pages(4, '?kill=' . rawurlencode($this->directory . '/kill')), 'worker');
            self::assertFileDoesNotExist($this->directory . '/kill');
            self::assertCount(4, $workers);
        }
    }

    /**
     * @param array<string, string> $ini
     * @param array<string, string> $pool
     */
    private function start(array $ini, array $pool = []): WebServer
    {
        $this->server = new WebServer($ini, $pool, [
            'ANTOM_LIBRARY' => (string) realpath((string) getenv('ANTOM_LIBRARY')),
            'ANTOM_TEST_GATEWAY' => (string) getenv('ANTOM_TEST_GATEWAY'),
        ]);
        return $this->server;
    }

    /**
     * Pages that are asked for at the same time, each of which must have made its call.
     *
     * @return list<array{connection: int, worker: int, request: string}>
     */
    private function pages(int $count, string $query = ''): array
    {
        $pages = [];
        foreach ($this->server->getAll(array_fill(0, $count, "call.php$query")) as $body) {
            $page = json_decode($body, true);
            self::assertArrayHasKey('connection', $page ?? [], $body . $this->server->log());
            $pages[] = $page;
        }
        return $pages;
    }

    /** How many connections the gateway has seen so far, this question's own included. */
    private static function handshakes(): int
    {
        $client = Client::create(Gateway::settings(['shared' => false]));
        return json_decode($client->createVaultingSession(['paymentMethodType' => 'CARD'])->raw(), true)['connection'];
    }

    /**
     * What antom-preload prints, as settings.
     *
     * @return array<string, string>
     */
    private function preloading(): array
    {
        $library = (string) realpath((string) getenv('ANTOM_LIBRARY'));
        $program = self::antomPreload([$this->directory . '/antom.preload.h', $library], []);
        self::assertSame(0, $program->status, $program->output);
        preg_match_all('/^([a-z_.]+)=(.+)$/m', $program->output, $lines);
        $ini = array_combine($lines[1], $lines[2]);
        self::assertSame(['ffi.preload', 'opcache.preload', 'opcache.preload_user'], array_keys($ini));
        return ['opcache.preload_user' => posix_getpwuid(posix_geteuid())['name']] + $ini;
    }

    /**
     * @param list<string> $arguments
     * @param array<string, string> $environment
     */
    private static function antomPreload(array $arguments, array $environment): Program
    {
        return Program::run(array_merge([Repository::path('php/bin/antom-preload')], $arguments), $environment);
    }
}
