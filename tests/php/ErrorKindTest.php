<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\ErrorKind;
use Antom\Exception\AntomException;
use Antom\Exception\NotSentException;
use Antom\Internal\Native;
use PHPUnit\Framework\TestCase;

/**
 * The table of error kinds, and the exceptions that belong to it.
 */
final class ErrorKindTest extends TestCase
{
    public function testTheNumbersAreThoseOfTheHeader(): void
    {
        preg_match_all('/ANTOM_ERR_(\w+) = (\d+)/', Repository::header(), $found);
        $numbers = array_combine($found[1], array_map('intval', $found[2]));
        self::assertSame($numbers, self::constants());
    }

    public function testTheAbiVersionIsThatOfTheHeader(): void
    {
        $line = '#define ANTOM_ABI_VERSION ' . Native::ABI_VERSION . "\n";
        self::assertStringContainsString($line, Repository::header());
    }

    public function testEveryKindHasAnExceptionAndEveryExceptionAKind(): void
    {
        $classes = [];
        foreach (self::constants() as $name => $kind) {
            $class = ErrorKind::exceptionClass($kind);
            $exception = new $class('message');
            self::assertSame($kind, $exception->kind(), $name);
            self::assertSame($kind, $exception->getCode(), $name);
            self::assertSame(strtolower(str_replace('_', '', $name)), strtolower($exception->kindName()));
            self::assertInstanceOf(AntomException::class, $exception);
            self::assertInstanceOf(\RuntimeException::class, $exception);
            $classes[] = $class;
        }
        $files = [];
        foreach (glob(Repository::path('php/src/Exception/*.php')) as $file) {
            $files[] = 'Antom\\Exception\\' . basename($file, '.php');
        }
        self::assertEqualsCanonicalizing($files, array_merge($classes, [AntomException::class]));
    }

    public function testANumberThatIsNotKnownYetHasTheBaseClass(): void
    {
        $class = ErrorKind::exceptionClass(77);
        $exception = new $class('message', ['kind' => 77, 'kind_name' => 'New']);
        self::assertSame([AntomException::class, 77, 'New'], [$class, $exception->kind(), $exception->kindName()]);
    }

    public function testAShopMayMakeExceptionsForItsOwnTests(): void
    {
        $exception = new NotSentException('message');
        self::assertSame('NotSent', $exception->kindName());
        self::assertSame([], $exception->violations());
        self::assertNull($exception->resultCode());
        self::assertNull($exception->httpStatus());
        self::assertNull($exception->requestId());
        self::assertSame(0, $exception->attempts());
        self::assertFalse($exception->isAuthenticated());
    }

    /** @return array<string, int> */
    private static function constants(): array
    {
        $isPublic = static function (\ReflectionClassConstant $constant): bool {
            return $constant->isPublic();
        };
        $constants = array_filter((new \ReflectionClass(ErrorKind::class))->getReflectionConstants(), $isPublic);
        return array_column(array_map(static function (\ReflectionClassConstant $constant): array {
            return [$constant->getName(), $constant->getValue()];
        }, $constants), 1, 0);
    }
}
