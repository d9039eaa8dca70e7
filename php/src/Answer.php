<?php

declare(strict_types=1);

namespace Antom;

use Antom\Exception\ProtocolException;
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
     * @throws ProtocolException if PHP cannot read it: it refuses half of a surrogate pair, and 512 levels
     */
    public function members(): array
    {
        $members = json_decode($this->raw->reveal(), true, 512, JSON_BIGINT_AS_STRING);
        if (!is_array($members)) {
            throw new ProtocolException(
                'PHP cannot read the JSON of the answer: ' . json_last_error_msg(),
                ['advice' => 'raw() has the text as it came.']
            );
        }
        return $members;
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
