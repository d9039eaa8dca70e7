<?php

declare(strict_types=1);

namespace Antom;

use Antom\Internal\Check;
use Antom\Internal\NeverSerialized;
use Antom\Internal\Secret;
use Antom\Internal\Time;

/**
 * A session with which Antom's front-end SDK collects a card. Immutable.
 *
 * No dump shows data() or raw(), and it cannot be serialized: keep requestId() and id(), not the object.
 */
final class VaultingSession
{
    use NeverSerialized;

    private const DATA = 0;
    private const RAW = 1;

    private string $requestId;
    private string $id;
    private Secret $secrets;
    private string $expiresAt;
    private ?string $normalUrl;
    private string $responseTime;
    private int $clockSkew;

    /**
     * Sessions come from {@see Client::createVaultingSession()}; a test of yours may make its own.
     *
     * @param string $expiresAt as Antom writes times, for example "2026-08-17T13:00:00+08:00"; likewise $responseTime
     */
    public function __construct(
        string $requestId,
        string $id,
        #[\SensitiveParameter]
        string $data,
        string $expiresAt,
        ?string $normalUrl,
        #[\SensitiveParameter]
        string $raw,
        string $responseTime = '',
        int $clockSkew = 0
    ) {
        $this->requestId = $requestId;
        $this->id = $id;
        $this->secrets = new Secret($data, $raw);
        $this->expiresAt = $expiresAt;
        $this->normalUrl = $normalUrl;
        $this->responseTime = $responseTime;
        $this->clockSkew = $clockSkew;
    }

    /** The vaultingRequestId of the request: what notifications and inquiries are matched by. */
    public function requestId(): string
    {
        return $this->requestId;
    }

    /** vaultingSessionId, at most 64 characters. May hold + and /: escape it in a URL. */
    public function id(): string
    {
        return $this->id;
    }

    /** vaultingSessionData, at most 4096 characters: pass it unchanged to the front-end SDK, and to nobody else. */
    public function data(): string
    {
        return $this->secrets->reveal(self::DATA);
    }

    /** vaultingSessionExpiryTime, with the offset that Antom gave it. */
    public function expiresAt(): \DateTimeImmutable
    {
        $time = Time::read($this->expiresAt);
        if ($time === null) {
            throw Check::error('expiresAt: expected a time as Antom writes it, like "2026-08-17T13:00:00+08:00"');
        }
        return $time;
    }

    /** normalUrl: a page hosted by Antom that collects the card, if the product has one. */
    public function normalUrl(): ?string
    {
        return $this->normalUrl;
    }

    /** When Antom answered, with the offset that Antom gave it; null if that time cannot be read. */
    public function responseTime(): ?\DateTimeImmutable
    {
        return Time::read($this->responseTime);
    }

    /** By how many seconds Antom's clock was ahead then; 0 if unknown. */
    public function clockSkew(): int
    {
        return $this->clockSkew;
    }

    /** The whole verified answer as JSON, for members that have no method here. Holds data(). */
    public function raw(): string
    {
        return $this->secrets->reveal(self::RAW);
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        $shown = get_object_vars($this);
        unset($shown['secrets']);
        return $shown;
    }
}
