<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\ErrorKind;
use Antom\Exception\AntomException;
use Antom\Exception\ConfigException;
use Antom\Exception\InvalidArgumentException;
use FFI;
use FFI\CData;
use FFI\CType;

/**
 * The door to libantom: loads it, calls it, and turns its errors into exceptions.
 *
 * This is the only file with static calls of FFI. With ffi.enable=preload, the default outside the command line, PHP
 * allows those calls only in a file that opcache.preload has loaded. What FFI can do beyond libantom, it gives to no
 * caller: functions and types are refused unless they are libantom's own.
 *
 * @internal
 */
final class Native
{
    /** ANTOM_ABI_VERSION of the header that this package was written for. */
    public const ABI_VERSION = 1;

    /** FFI_SCOPE of the header that ffi.preload loads. */
    private const SCOPE = 'ANTOM';

    /** What stands for the path of a library that ffi.preload has loaded. */
    private const PRELOADED = 'ffi.preload';

    /** What the names of libantom's types are made of. */
    private const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_';

    private const PROBE = 'uint32_t antom_abi_version(void); const char *antom_version(void);';

    private static ?self $instance = null;

    private FFI $ffi;

    /** What was loaded: a path, a name for the system to find, or the preloaded scope. */
    private string $library;

    /** @var array<string, CType> types are kept: PHP releases what it made for a type only at the end */
    private array $types = [];

    /** Where libantom writes an error: kept from a call that had none for the next one. */
    private ?CData $error = null;

    private function __construct(FFI $ffi, string $library)
    {
        $this->ffi = $ffi;
        $this->library = $library;
    }

    /**
     * The one instance of this process, loaded at the first call.
     *
     * @param string|null $library where it is; not asked where ffi.preload has loaded one: that is for all scripts
     * @throws ConfigException if libantom cannot be loaded, or another one was loaded before
     */
    public static function instance(?string $library = null): self
    {
        if (self::$instance === null) {
            Loading::requireExtension();
            self::$instance = self::preloaded() ?? self::load($library);
        } elseif ($library !== null && !in_array(self::$instance->library, [$library, self::PRELOADED], true)) {
            throw Loading::failure(sprintf(
                'setting "library": %s is asked for, but this process has already loaded %s, and can load only one',
                $library,
                self::$instance->library
            ));
        }
        return self::$instance;
    }

    /** For example "libantom 0.1.0 (/usr/lib/libantom.so.1)". */
    public function description(): string
    {
        return sprintf('libantom %s (%s)', $this->invoke('antom_version'), $this->library);
    }

    /**
     * The header with which ffi.preload loads a library, and the lines of php.ini that go with it. It looks for the
     * library anew, also where ffi.preload has loaded one: that one may be out of date.
     *
     * @return array{string, string}
     * @throws ConfigException if libantom cannot be loaded
     */
    public static function preloading(?string $library): array
    {
        if (PHP_SAPI !== 'cli') {
            throw Loading::failure('the preload header is written on the command line, by bin/antom-preload');
        }
        Loading::requireExtension();
        $library = self::load($library)->library;
        // PHP-FPM starts in another folder. Without a slash it is a name for the system to find.
        if (strpos($library, '/') > 0) {
            $library = getcwd() . '/' . $library;
        }
        $defines = sprintf("#define FFI_SCOPE \"%s\"\n#define FFI_LIB \"%s\"\n", self::SCOPE, $library);
        $settings = 'opcache.preload=' . Loading::script() . "\nopcache.preload_user=www-data\n";
        return [$defines . file_get_contents(self::header()), $settings];
    }

    // ---- calls ---------------------------------------------------------------------------------------------------

    /**
     * libantom's functions, for those who read an object: see read().
     *
     * What else FFI's object can do, PHP refuses to other files where this one is preloaded.
     */
    public function functions(): FFI
    {
        return $this->ffi;
    }

    /**
     * Calls a function that has no error object.
     *
     * @param list<mixed> $arguments
     * @return mixed
     */
    public function invoke(
        string $function,
        #[\SensitiveParameter]
        array $arguments = []
    ) {
        self::requireOwn($function);
        return self::undisturbed(fn () => $this->ffi->$function(...$arguments));
    }

    /**
     * Calls a function whose last parameter is `antom_error **error_out`.
     *
     * @param list<mixed> $arguments the parameters before it
     * @throws AntomException
     */
    public function call(
        string $function,
        #[\SensitiveParameter]
        array $arguments
    ): void {
        self::requireOwn($function);
        self::undisturbed(function () use ($function, $arguments): void {
            $error = $this->error ?? $this->ffi->new($this->type('antom_error *'));
            $this->error = null;
            $arguments[] = FFI::addr($error);
            $status = $this->ffi->$function(...$arguments);
            if ($status !== 0) {
                throw $this->exception($status, $error);
            }
            // Nothing was written to it: the next call can have it, too.
            $this->error = $error;
        });
    }

    /**
     * Calls a function whose last parameters are `TYPE **out, antom_error **error_out`.
     *
     * @param list<mixed> $arguments the parameters before them
     * @return CData a TYPE *, to be released with TYPE_free
     * @throws AntomException
     */
    public function produce(
        string $function,
        string $type,
        #[\SensitiveParameter]
        array $arguments
    ): CData {
        return self::undisturbed(function () use ($function, $type, $arguments): CData {
            $out = $this->ffi->new($this->types[$type . ' *'] ?? $this->ownType($type, ' *'));
            $arguments[] = FFI::addr($out);
            $this->call($function, $arguments);
            return $out;
        });
    }

    /**
     * As produce(), but hands the new object to $read, releases it, and returns what $read made of it.
     *
     * @template T
     * @param list<mixed> $arguments
     * @param \Closure(self, CData): T $read
     * @param list<CData> $memory what the arguments point to: it must not be released before the call is over
     * @return T
     * @throws AntomException
     */
    public function read(
        string $function,
        string $type,
        #[\SensitiveParameter]
        array $arguments,
        \Closure $read,
        #[\SensitiveParameter]
        array $memory = []
    ) {
        return self::undisturbed(function () use ($function, $type, $arguments, $read) {
            $object = $this->produce($function, $type, $arguments);
            try {
                return $read($this, $object);
            } finally {
                $free = $type . '_free';
                $this->ffi->$free($object);
            }
        });
    }

    /** Reads text with all its bytes: its length is what the function of the same name and "_len" returns. */
    public function text(string $function, CData $object): string
    {
        self::requireOwn($function);
        $text = $this->ffi->$function($object);
        $lengthOf = $function . '_len';
        $length = $this->ffi->$lengthOf($object);
        if (strlen($text) === $length) {
            return $text;
        }
        // PHP copies a `const char *` up to the first NUL byte, and a `char *` not at all.
        $reader = $this->ffi->cast($this->type('char *(*)(const void *)'), $this->ffi->$function);
        return FFI::string($reader($object), $length);
    }

    /**
     * Works with FFI, while the handlers of signals wait. One that throws at the end of a call by FFI crashes PHP 8.4
     * and 8.5; between two calls, PHP can mistake what they returned.
     *
     * @template T
     * @param \Closure(): T $work which may call this again
     * @return T
     */
    private static function undisturbed(
        #[\SensitiveParameter]
        \Closure $work
    ) {
        $signals = function_exists('pcntl_async_signals') && pcntl_async_signals();
        try {
            if ($signals) {
                pcntl_async_signals(false);
            }
            return $work();
        } catch (FFI\Exception $exception) {
            throw Loading::outdated($exception);
        } finally {
            if ($signals) {
                pcntl_async_signals(true);
                pcntl_signal_dispatch();
            }
        }
    }

    /** FFI has methods itself, such as cast. */
    private static function requireOwn(string $function): void
    {
        if (strncmp($function, 'antom_', 6) !== 0) {
            throw self::notOwn();
        }
    }

    /**
     * Fills a request struct.
     *
     * @param array<string, int|string> $members by their names in C
     * @return array{CData, list<CData>} a pointer, and what it points to: keep both as long as it is used
     */
    public function request(
        string $struct,
        #[\SensitiveParameter]
        array $members
    ): array {
        return self::undisturbed(function () use ($struct, $members): array {
            $request = $this->ffi->new($this->types[$struct] ?? $this->ownType($struct));
            $request->struct_size = FFI::sizeof($request);
            $block = $this->block(implode("\0", $members) . "\0");
            $place = 0;
            foreach ($members as $member => $value) {
                $request->$member = is_int($value) ? $value : $block + $place;
                $place += strlen((string) $value) + 1;
            }
            return [$this->pointer($request), [$request, $block]];
        });
    }

    /**
     * Fills an array of antom_header.
     *
     * @param list<array{string, string}> $pairs names and values
     * @return array{CData, list<CData>} as request()
     */
    public function headers(
        #[\SensitiveParameter]
        array $pairs
    ): array {
        return self::undisturbed(function () use ($pairs): array {
            $headers = $this->ffi->new(FFI::arrayType($this->type('antom_header'), [count($pairs) + 1]));
            $block = $this->block(implode("\0", array_merge([], ...$pairs)) . "\0");
            $place = 0;
            foreach ($pairs as $index => [$name, $value]) {
                $headers[$index]->name = $block + $place;
                $place += strlen($name) + 1;
                $headers[$index]->value = $block + $place;
                $place += strlen($value) + 1;
            }
            return [$this->pointer($headers), [$headers, $block]];
        });
    }

    /** A block of memory with these bytes. */
    private function block(
        #[\SensitiveParameter]
        string $content
    ): CData {
        $length = strlen($content);
        $block = $this->ffi->new(FFI::arrayType($this->types['char'] ?? $this->type('char'), [$length]));
        FFI::memcpy($block, $content, $length);
        return $block;
    }

    /** Where it is, as a `void *`, which PHP takes for a pointer to any type. */
    private function pointer(CData $memory): CData
    {
        return $this->ffi->cast($this->type('void *'), FFI::addr($memory));
    }

    /** A type that a caller has named: nothing but a name, for a declaration could say any type. */
    private function ownType(string $name, string $suffix = ''): CType
    {
        if (strncmp($name, 'antom_', 6) !== 0 || strspn($name, self::LETTERS) !== strlen($name)) {
            throw self::notOwn();
        }
        return $this->type($name . $suffix);
    }

    private static function notOwn(): InvalidArgumentException
    {
        return Check::error(
            'Native was asked for a name that is not libantom\'s: only names that begin with antom_ can be used here'
        );
    }

    // ---- errors --------------------------------------------------------------------------------------------------

    private function exception(int $status, CData $error): AntomException
    {
        if (FFI::isNull($error)) {
            $class = ErrorKind::exceptionClass($status);
            return new $class("libantom answered $status without saying why", ['kind' => $status]);
        }
        try {
            $stringToSign = $this->ffi->antom_error_string_to_sign($error);
            if ($stringToSign !== null) {
                return new AwaitsSignature($stringToSign, $this->ffi->antom_error_request_id($error));
            }
            $class = ErrorKind::exceptionClass($status);
            return new $class($this->ffi->antom_error_message($error), [
                'kind' => $status,
                'kind_name' => $this->ffi->antom_error_kind_name($error),
                'retryable' => $this->ffi->antom_error_retryable($error) !== 0,
                'advice' => $this->ffi->antom_error_advice($error),
                'result_code' => $this->ffi->antom_error_result_code($error),
                'result_status' => $this->ffi->antom_error_result_status($error),
                'result_message' => $this->ffi->antom_error_result_message($error),
                'authenticated' => $this->ffi->antom_error_authenticated($error) !== 0,
                'http_status' => $this->ffi->antom_error_http_status($error) ?: null,
                'attempts' => $this->ffi->antom_error_attempts($error),
                'request_id' => $this->ffi->antom_error_request_id($error),
                'violations' => $this->violations($error),
            ]);
        } finally {
            $this->ffi->antom_error_free($error);
        }
    }

    /** @return list<array{field: string, problem: string}> */
    private function violations(CData $error): array
    {
        $violations = [];
        $count = $this->ffi->antom_error_violation_count($error);
        for ($index = 0; $index < $count; $index++) {
            $violations[] = [
                'field' => $this->ffi->antom_error_violation_field($error, $index),
                'problem' => $this->ffi->antom_error_violation_problem($error, $index),
            ];
        }
        return $violations;
    }

    // ---- loading -------------------------------------------------------------------------------------------------

    private static function load(?string $setting): self
    {
        self::requireFfi();
        $chosen = Location::chosen($setting);
        if ($chosen !== null && Loading::isRestricted()) {
            throw Loading::failure(
                'where ffi.enable is "preload", scripts may not choose the library: leave out the setting "library" and '
                . 'the variable ANTOM_LIBRARY, or name it once for all: bin/antom-preload FILE LIBRARY'
            );
        }
        $failures = [];
        foreach ($chosen === null ? Location::libraries() : [$chosen] as $library) {
            $problem = strpos($library, '/') === false ? null : Location::whyNot($library);
            if ($problem !== null) {
                $failures[] = "$library: $problem";
                continue;
            }
            try {
                self::checkAbi(FFI::cdef(self::PROBE, $library), $library);
            } catch (FFI\Exception $exception) {
                $failures[] = "$library: " . Loading::problem($library, $exception->getMessage());
                continue;
            }
            return new self(self::bind($library), $library);
        }
        throw Loading::failure(
            'tried ' . implode('; ', $failures)
            . '. Give the path in the setting "library" or in the variable ANTOM_LIBRARY'
        );
    }

    /** Fails with advice if this file may not use FFI. */
    private static function requireFfi(): void
    {
        try {
            FFI::cdef('');
        } catch (FFI\Exception $exception) {
            throw Loading::failure('PHP does not allow FFI here, because ' . Loading::whyRestricted());
        }
    }

    /** The library that ffi.preload has loaded when PHP started, if there is one. */
    private static function preloaded(): ?self
    {
        try {
            $ffi = FFI::scope(self::SCOPE);
        } catch (FFI\Exception $exception) {
            return null;
        }
        self::checkAbi($ffi, self::PRELOADED);
        return new self($ffi, self::PRELOADED);
    }

    private static function checkAbi(FFI $ffi, string $library): void
    {
        $found = $ffi->antom_abi_version();
        if ($found !== self::ABI_VERSION) {
            throw Loading::failure(sprintf(
                '%s is libantom %s with ABI version %d, but this package needs ABI version %d: update the older one',
                $library,
                $ffi->antom_version(),
                $found,
                self::ABI_VERSION
            ));
        }
    }

    private static function bind(string $library): FFI
    {
        $header = self::header();
        try {
            return FFI::cdef(file_get_contents($header), $library);
        } catch (FFI\Exception $exception) {
            throw Loading::failure("$library does not fit $header: " . $exception->getMessage());
        }
    }

    private static function header(): string
    {
        $header = Location::header();
        if ($header === null) {
            throw Loading::failure('this package has no include/antom.h: install it again');
        }
        return $header;
    }

    private function type(string $declaration): CType
    {
        if (!isset($this->types[$declaration])) {
            $this->types[$declaration] = $this->ffi->type($declaration);
        }
        return $this->types[$declaration];
    }
}
