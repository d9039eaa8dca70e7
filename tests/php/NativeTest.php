<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Exception\InvalidArgumentException;
use Antom\Internal\Native;
use FFI\CData;
use PHPUnit\Framework\TestCase;

/**
 * What Native does with C itself, tried with a small library of this test's own.
 */
final class NativeTest extends TestCase
{
    private const HEADER = '
        typedef struct antom_error antom_error;
        typedef struct antom_stub antom_stub;
        const char *antom_stub_text(const antom_stub *object);
        size_t antom_stub_text_len(const antom_stub *object);
        int antom_stub_new(antom_stub **out, antom_error **error_out);
        void antom_stub_free(antom_stub *object);
        size_t antom_stub_freed(void);
        typedef struct antom_stub_request {
            size_t struct_size;
            const char *first;
            const char *second;
            int32_t flag;
        } antom_stub_request;
        const char *antom_stub_join(const antom_stub_request *request);
        size_t antom_stub_size(const antom_stub_request *request);
    ';

    private const SOURCE = '
        #include <stdint.h>
        #include <stdio.h>
        const char *antom_stub_text(const void *object) { (void)object; return "before\0after"; }
        size_t antom_stub_text_len(const void *object) { (void)object; return 12; }
        int antom_stub_new(void **out, void **error_out) { (void)error_out; *out = 0; return 0; }
        static size_t freed;
        void antom_stub_free(void *object) { (void)object; freed++; }
        size_t antom_stub_freed(void) { return freed; }
        typedef struct antom_stub_request {
            size_t struct_size;
            const char *first;
            const char *second;
            int32_t flag;
        } antom_stub_request;
        const char *antom_stub_join(const antom_stub_request *request) {
            static char text[100];
            snprintf(text, sizeof text, "%s|%s|%d", request->first ? request->first : "NULL",
                request->second ? request->second : "NULL", (int)request->flag);
            return text;
        }
        size_t antom_stub_size(const antom_stub_request *request) { return request->struct_size == sizeof *request; }
    ';

    private static ?\FFI $ffi = null;

    public function testTextKeepsItsLength(): void
    {
        $object = self::ffi()->new('antom_stub *');
        self::assertSame("before\0after", self::native()->text('antom_stub_text', $object));
        self::assertSame('before', self::native()->functions()->antom_stub_text($object));
    }

    public function testARequestHoldsWhatWasGivenAndNothingElse(): void
    {
        $native = self::native();
        $join = static function (array $members) use ($native): string {
            [$request, $memory] = $native->request('antom_stub_request', $members);
            self::assertCount(2, $memory);
            self::assertSame(1, $native->functions()->antom_stub_size($request));
            return $native->functions()->antom_stub_join($request);
        };
        self::assertSame('NULL|NULL|0', $join([]));
        self::assertSame('|NULL|-1', $join(['first' => '', 'flag' => -1]));
        self::assertSame('é|two|1', $join(['second' => 'two', 'flag' => 1, 'first' => 'é']));
    }

    public function testAnObjectIsFreedAlsoWhereReadingFails(): void
    {
        $native = self::native();
        $freed = $native->functions()->antom_stub_freed();
        $read = static function (Native $native, CData $object): string {
            throw new \DomainException($native->text('antom_stub_text', $object));
        };
        try {
            $native->read('antom_stub_new', 'antom_stub', [], $read);
            self::fail('this was read');
        } catch (\DomainException $exception) {
            self::assertSame("before\0after", $exception->getMessage());
        }
        self::assertSame($freed + 1, $native->functions()->antom_stub_freed());
    }

    /** @return iterable<string, array{\Closure(Native): mixed}> */
    public static function waysToFfi(): iterable
    {
        foreach (['cast', 'Cast', 'new', 'type', 'string', 'cdef', 'addr', 'system', ''] as $name) {
            yield "call $name" => [static function (Native $native) use ($name): void {
                $native->call($name, ['int (*)(const char *)', 4096]);
            }];
            yield "invoke $name" => [static function (Native $native) use ($name) {
                return $native->invoke($name, ['int (*)(const char *)', 4096]);
            }];
        }
        yield 'produce, its function' => [static function (Native $native): CData {
            return $native->produce('new', 'antom_stub', []);
        }];
        yield 'read, its function' => [static function (Native $native) {
            return $native->read('new', 'antom_stub', [], \Closure::fromCallable('get_class'));
        }];
        yield 'text' => [static function (Native $native): string {
            return $native->text('stub_text', self::ffi()->new('antom_stub *'));
        }];
        foreach (['char[16]', 'int (*)(const char *)', 'antom_stub_request[9]', 'antom_stub (*)(int)', ''] as $type) {
            yield "request of $type" => [static function (Native $native) use ($type): array {
                return $native->request($type, []);
            }];
            yield "produce of $type" => [static function (Native $native) use ($type): CData {
                return $native->produce('antom_stub_text', $type, []);
            }];
            yield "read of $type" => [static function (Native $native) use ($type) {
                return $native->read('antom_stub_text', $type, [], \Closure::fromCallable('get_class'));
            }];
        }
    }

    /**
     * @dataProvider waysToFfi
     * @param \Closure(Native): mixed $way
     */
    public function testWhatIsNotLibantomsIsRefused(\Closure $way): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('only names that begin with antom_ can be used here');
        $way(self::native());
    }

    private static function native(): Native
    {
        $class = new \ReflectionClass(Native::class);
        $native = $class->newInstanceWithoutConstructor();
        $fill = \Closure::bind(static function (Native $native, \FFI $ffi): void {
            $native->ffi = $ffi;
            $native->library = 'stub';
        }, null, Native::class);
        $fill($native, self::ffi());
        return $native;
    }

    private static function ffi(): \FFI
    {
        if (self::$ffi === null) {
            $library = Compiler::sharedLibrary(self::SOURCE);
            self::$ffi = \FFI::cdef(self::HEADER, $library);
            unlink($library);
        }
        return self::$ffi;
    }
}
