<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Internal\Native;
use PHPUnit\Framework\TestCase;

/**
 * What Native does with C itself, tried with a small library of this test's own.
 */
final class NativeTest extends TestCase
{
    private const HEADER = '
        typedef struct stub stub;
        const char *stub_text(const stub *object);
        size_t stub_text_len(const stub *object);
        typedef struct stub_request {
            size_t struct_size;
            const char *first;
            const char *second;
            int32_t flag;
        } stub_request;
        const char *stub_join(const stub_request *request);
        size_t stub_size(const stub_request *request);
    ';

    private const SOURCE = '
        #include <stdint.h>
        #include <stdio.h>
        const char *stub_text(const void *object) { (void)object; return "before\0after"; }
        size_t stub_text_len(const void *object) { (void)object; return 12; }
        typedef struct stub_request {
            size_t struct_size;
            const char *first;
            const char *second;
            int32_t flag;
        } stub_request;
        const char *stub_join(const stub_request *request) {
            static char text[100];
            snprintf(text, sizeof text, "%s|%s|%d", request->first ? request->first : "NULL",
                request->second ? request->second : "NULL", (int)request->flag);
            return text;
        }
        size_t stub_size(const stub_request *request) { return request->struct_size == sizeof *request; }
    ';

    private static ?\FFI $ffi = null;

    public function testTextKeepsItsLength(): void
    {
        $object = self::ffi()->new('stub *');
        self::assertSame("before\0after", self::native()->text('stub_text', $object));
        self::assertSame('before', self::native()->get('stub_text', $object));
    }

    public function testARequestHoldsWhatWasGivenAndNothingElse(): void
    {
        $native = self::native();
        $join = static function (array $members) use ($native): string {
            $request = $native->request('stub_request', $members);
            self::assertSame(1, $native->get('stub_size', $request->pointer));
            return $native->get('stub_join', $request->pointer);
        };
        self::assertSame('NULL|NULL|0', $join([]));
        self::assertSame('|NULL|-1', $join(['first' => '', 'flag' => -1]));
        self::assertSame('é|two|1', $join(['second' => 'two', 'flag' => 1, 'first' => 'é']));
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
