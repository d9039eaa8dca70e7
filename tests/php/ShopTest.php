<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use PHPUnit\Framework\TestCase;

/**
 * The example shop behind nginx and PHP-FPM, against the sandbox with Antom's real schedule of notifications.
 */
final class ShopTest extends TestCase
{
    private const CARD = '4054695723100768';

    private string $directory;
    private Sandbox $sandbox;
    private WebServer $server;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/antom-php-' . bin2hex(random_bytes(8));
        mkdir($this->directory);
        $this->sandbox = new Sandbox(['--profile', 'production']);
        $this->server = $this->serve('examples/php');
    }

    protected function tearDown(): void
    {
        $this->server->stop();
        $this->sandbox->stop();
        array_map('unlink', glob($this->directory . '/*'));
        rmdir($this->directory);
    }

    public function testTheEndpointIsShort(): void
    {
        self::assertLessThan(30, substr_count(Repository::text('examples/php/notify.php'), "\n"));
    }

    public function testANotificationIsHandledOnceAndAcknowledged(): void
    {
        $this->install();
        $id = $this->vault($this->server->url('notify.php'));
        $this->sandbox->notification('acknowledged');
        self::assertSame([[$id, 'VISA', '0768']], $this->cards());
    }

    public function testWhatFailsInTheShopIsRepeatedUntilItWorks(): void
    {
        $id = $this->vault($this->server->url('notify.php'));
        $this->sandbox->notification('waiting');
        $this->install();
        self::assertSame([], $this->cards());
        $this->sandbox->control('clock', ['advance' => '2m']);
        $this->sandbox->notification('acknowledged');
        self::assertSame([[$id, 'VISA', '0768']], $this->cards());
    }

    public function testARepetitionAfterALostAcknowledgementIsOnlyAcknowledged(): void
    {
        $this->install();
        touch($this->directory . '/lose-one');
        $server = $this->serve('tests/php/programs');
        try {
            $id = $this->vault($server->url('lost_acknowledgement.php'));
            $this->sandbox->notification('waiting');
            self::assertSame([[$id, 'VISA', '0768']], $this->cards());
            $this->sandbox->control('clock', ['advance' => '12m']);
            $this->sandbox->notification('acknowledged');
            self::assertSame([[$id, 'VISA', '0768']], $this->cards());
        } finally {
            $server->stop();
        }
    }

    public function testAForgedNotificationIsRefused(): void
    {
        $this->install();
        [$headers] = $this->ask('notify.php', [
            'method' => 'POST',
            'content' => '{}',
            'header' => "Content-Type: application/json\r\nClient-Id: SANDBOX_5X00000000000000\r\n"
                . "Request-Time: 1\r\nSignature: signature=AAAA",
        ]);
        self::assertStringContainsString(' 400 ', strtok($headers, "\n"));
        self::assertSame([], $this->cards());
    }

    public function testTheShopsPagesLeadABuyerToTheCheckoutAndBack(): void
    {
        $this->install();
        [$headers, $page] = $this->visit('GET', '');
        self::assertStringContainsString('<button>Save a card</button>', $page);
        preg_match('/^Set-Cookie: ([^;]+)/mi', $headers, $cookie);

        [$headers] = $this->visit('POST', $cookie[1]);
        self::assertStringStartsWith('HTTP/1.1 303', $headers);
        $checkout = '~^Location: http://127\.0\.0\.1:\d+/checkout\?vaultingSessionId=~m';
        self::assertMatchesRegularExpression($checkout, $headers);
        self::assertStringContainsString('not saved yet', $this->visit('GET', $cookie[1])[1]);

        $this->sandbox->control('sessions/1/complete', ['card' => self::CARD]);
        $this->sandbox->notification('acknowledged');
        $page = $this->visit('GET', $cookie[1])[1];
        self::assertStringContainsString('Your card was saved.', $page);
        self::assertStringContainsString('VISA ending in 0768', $page);
        self::assertStringNotContainsString('VISA', $this->visit('GET', '')[1]);
    }

    public function testAShopThatCannotCallAntomSaysSoWithoutDetails(): void
    {
        $this->server->stop();
        $this->server = $this->serve('examples/php', ['ANTOM_ENDPOINT' => 'http://127.0.0.1:1']);
        $this->install();
        [$headers, $page] = $this->visit('POST', '');
        self::assertStringStartsWith('HTTP/1.1 503', $headers);
        self::assertStringContainsString('cannot be saved at the moment', $page);
        self::assertStringNotContainsString('127.0.0.1', $page);
    }

    /** @param array<string, string> $environment what differs */
    private function serve(string $pages, array $environment = []): WebServer
    {
        $ini = ['ffi.enable' => 'true', 'session.save_path' => $this->directory];
        return new WebServer($ini, [], $environment + $this->environment(), Repository::path($pages));
    }

    /** Lets a buyer enter a card in a session whose notification goes to that address. */
    private function vault(string $url): string
    {
        $session = Client::create($this->sandbox->settings())->createVaultingSession([
            'paymentMethodType' => 'CARD',
            'vaultingNotificationUrl' => $url,
        ]);
        $this->sandbox->control('sessions/' . $session->requestId() . '/complete', ['card' => self::CARD]);
        return $session->requestId();
    }

    private function install(): void
    {
        $program = Program::run([Repository::path('examples/php/shop/install.php')], $this->environment());
        self::assertSame([0, ''], [$program->status, $program->output]);
    }

    /** @return list<list<string>> */
    private function cards(): array
    {
        $database = new \PDO($this->environment()['SHOP_DATABASE']);
        return $database->query('SELECT vaulting, brand, last_four FROM cards')->fetchAll(\PDO::FETCH_NUM);
    }

    /** @return array{string, string} headers and body of the shop's page */
    private function visit(string $method, string $cookie): array
    {
        return $this->ask('shop/index.php', [
            'method' => $method,
            'header' => "Cookie: $cookie",
            'follow_location' => 0,
        ]);
    }

    /**
     * @param array<string, mixed> $options of PHP's HTTP streams
     * @return array{string, string} headers and body
     */
    private function ask(string $page, array $options): array
    {
        $context = stream_context_create(['http' => $options + ['ignore_errors' => true]]);
        $stream = fopen($this->server->url($page), 'rb', false, $context);
        return [implode("\n", stream_get_meta_data($stream)['wrapper_data']), stream_get_contents($stream)];
    }

    /** @return array<string, string> */
    private function environment(): array
    {
        return $this->sandbox->environment() + [
            'ANTOM_LIBRARY' => (string) realpath((string) getenv('ANTOM_LIBRARY')),
            'SHOP_DATABASE' => "sqlite:$this->directory/shop.sqlite",
            'LOSE_ONE' => $this->directory . '/lose-one',
        ];
    }
}
