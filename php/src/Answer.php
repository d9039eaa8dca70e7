<?php

declare(strict_types=1);

namespace Antom;

use Antom\Internal\NeverSerialized;
use Antom\Internal\Secret;
use Antom\Internal\Time;

/**
 * The verified answer of an API that has no method of its own. Immutable.
 *
 * No dump shows what is in it, and it cannot be serialized.
 */
final class Answer
{
    use NeverSerialized;

    private Secret $raw;
    private string $responseTime;

    /** Answers come from {@see Client::call()}; a test of yours may make its own. */
    public function __construct(
        #[\SensitiveParameter]
        string $raw,
        string $responseTime
    ) {
        $this->raw = new Secret($raw);
        $this->responseTime = $responseTime;
    }

    /** The JSON, whose resultStatus is "S". */
    public function raw(): string
    {
        return $this->raw->reveal();
    }

    /**
     * The JSON as an array.
     *
     * @return array<string, mixed>
     */
    public function members(): array
    {
        return json_decode($this->raw->reveal(), true, 512, JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING);
    }

    /** When Antom answered, with the offset that Antom gave it; null if that time cannot be read. */
    public function responseTime(): ?\DateTimeImmutable
    {
        return Time::read($this->responseTime);
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['responseTime' => $this->responseTime];
    }
}
