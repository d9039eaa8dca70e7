<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\Exception\AntomException;

/**
 * Writes one record for each call of the API into the shop's PSR-3 logger: names and numbers, no values.
 *
 * @internal
 */
final class CallLog
{
    /** @var object with the method log of PSR-3's LoggerInterface */
    private object $logger;

    public function __construct(object $logger)
    {
        $this->logger = $logger;
    }

    /** @param int $begin of the call, by hrtime(true) */
    public function succeeded(string $api, ?string $requestId, int $begin): void
    {
        $milliseconds = self::since($begin);
        $this->write('info', "antom: $api succeeded in $milliseconds ms", [
            'api' => $api,
            'request_id' => $requestId,
            'duration_ms' => $milliseconds,
        ]);
    }

    /** @param int $begin of the call, by hrtime(true) */
    public function failed(string $api, AntomException $exception, int $begin): void
    {
        $milliseconds = self::since($begin);
        $message = "antom: $api failed after $milliseconds ms ({$exception->kindName()}): {$exception->getMessage()}";
        $this->write('warning', $message, [
            'api' => $api,
            'request_id' => $exception->requestId(),
            'duration_ms' => $milliseconds,
            'kind' => $exception->kindName(),
            'result_code' => $exception->resultCode(),
            'http_status' => $exception->httpStatus(),
            'attempts' => $exception->attempts(),
            'retryable' => $exception->isRetryable(),
        ]);
    }

    /** @param array<string, mixed> $context */
    private function write(string $level, string $message, array $context): void
    {
        try {
            $this->logger->log($level, $message, $context);
        } catch (\Throwable $failure) {
            // The call is over and what came of it matters more: a full disk must not lose a card token.
            return;
        }
    }

    private static function since(int $begin): float
    {
        return round((hrtime(true) - $begin) / 1e6, 1);
    }
}
