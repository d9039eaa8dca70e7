<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/**
 * Why a call failed, and what to do about it. Each kind of failure has its own class below this one.
 *
 * The message is one line without secrets. The arguments of this package's own functions, and of what they
 * called, are taken out of the stack trace: they may be keys.
 */
class AntomException extends \RuntimeException
{
    /** The number of the kind; one of the constants of {@see ErrorKind}. */
    public const KIND = ErrorKind::INTERNAL;

    /**
     * @var array{kind?: int, kind_name?: string, retryable?: bool, advice?: string, result_code?: ?string,
     *     result_status?: ?string, result_message?: ?string, authenticated?: bool, http_status?: ?int,
     *     attempts?: int, request_id?: ?string, violations?: list<array{field: string, problem: string}>}
     */
    private array $details;

    /**
     * @param array{kind?: int, kind_name?: string, retryable?: bool, advice?: string, result_code?: ?string,
     *     result_status?: ?string, result_message?: ?string, authenticated?: bool, http_status?: ?int,
     *     attempts?: int, request_id?: ?string, violations?: list<array{field: string, problem: string}>} $details
     */
    public function __construct(string $message, array $details = [], ?\Throwable $previous = null)
    {
        parent::__construct($message, $details['kind'] ?? static::KIND, $previous);
        $this->details = $details;
        $this->removeArgumentsFromTraces();
    }

    /** The number of the kind, one of the constants of {@see ErrorKind}; getCode() gives the same. */
    public function kind(): int
    {
        return $this->getCode();
    }

    /** The name of the kind, for example "NotSent". */
    public function kindName(): string
    {
        return $this->details['kind_name'] ?? ErrorKind::name($this->kind());
    }

    /** Whether sending the same request again, with the same vaultingRequestId, is safe and may succeed. */
    public function isRetryable(): bool
    {
        return $this->details['retryable'] ?? false;
    }

    /** What to do next, in one or two sentences. */
    public function advice(): string
    {
        return $this->details['advice'] ?? '';
    }

    /** resultCode of the answer, for example "PARAM_ILLEGAL". New codes appear: do not expect a closed list. */
    public function resultCode(): ?string
    {
        return $this->details['result_code'] ?? null;
    }

    /** resultStatus of the answer: "F" or "U". */
    public function resultStatus(): ?string
    {
        return $this->details['result_status'] ?? null;
    }

    /** resultMessage of the answer, for people. */
    public function resultMessage(): ?string
    {
        return $this->details['result_message'] ?? null;
    }

    /** Whether the result comes from an answer whose signature was verified. */
    public function isAuthenticated(): bool
    {
        return $this->details['authenticated'] ?? false;
    }

    /** The HTTP status, if there was an answer. */
    public function httpStatus(): ?int
    {
        return $this->details['http_status'] ?? null;
    }

    /** How many times the request was tried on the network. */
    public function attempts(): int
    {
        return $this->details['attempts'] ?? 0;
    }

    /** The vaultingRequestId of the call. Keep it: it is what to inquire by and what to send again. */
    public function requestId(): ?string
    {
        return $this->details['request_id'] ?? null;
    }

    /**
     * Every broken field rule; empty unless this is an {@see InvalidRequestException}.
     *
     * @return list<array{field: string, problem: string}>
     */
    public function violations(): array
    {
        return $this->details['violations'] ?? [];
    }

    /**
     * PHP 8.2 hides what is marked with SensitiveParameter; older versions keep every argument. A signer that threw was
     * called with the string to sign.
     */
    private function removeArgumentsFromTraces(): void
    {
        for ($exception = $this; $exception !== null; $exception = $exception->getPrevious()) {
            $class = $exception instanceof \Exception ? \Exception::class : \Error::class;
            $property = new \ReflectionProperty($class, 'trace');
            if (PHP_VERSION_ID < 80100) {
                $property->setAccessible(true);
            }
            $trace = $property->getValue($exception);
            foreach ($trace as $index => $frame) {
                if (self::isOurs($frame) || self::isOurs($trace[$index + 1] ?? [])) {
                    unset($trace[$index]['args']);
                }
            }
            $property->setValue($exception, $trace);
        }
    }

    /** @param array{class?: string} $frame of a stack trace */
    private static function isOurs(array $frame): bool
    {
        return strncmp($frame['class'] ?? '', 'Antom\\', 6) === 0;
    }
}
