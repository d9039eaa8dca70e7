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
            self::requireExtension();
            self::$instance = self::preloaded() ?? self::load($library);
        } elseif ($library !== null && !in_array(self::$instance->library, [$library, self::PRELOADED], true)) {
            throw self::cannotLoad(sprintf(
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
        return sprintf('libantom %s (%s)', $this->ffi->antom_version(), $this->library);
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
            throw self::cannotLoad('the preload header is written on the command line, by bin/antom-preload');
        }
        self::requireExtension();
        $library = self::load($library)->library;
        // PHP-FPM starts in another folder. Without a slash it is a name for the system to find.
        if (strpos($library, '/') > 0) {
            $library = getcwd() . '/' . $library;
        }
        $defines = sprintf("#define FFI_SCOPE \"%s\"\n#define FFI_LIB \"%s\"\n", self::SCOPE, $library);
        $settings = 'opcache.preload=' . self::script() . "\nopcache.preload_user=www-data\n";
        return [$defines . file_get_contents(self::header()), $settings];
    }

    // ---- calls ---------------------------------------------------------------------------------------------------

    /**
     * libantom's functions that return plain values, or text up to its first NUL byte.
     *
     * What else FFI's object can do, PHP refuses to other files where this one is preloaded.
     */
    public function functions(): FFI
    {
        return $this->ffi;
    }

    /**
     * Calls a setter of options, which has no error object.
     *
     * @param list<mixed> $arguments
     * @return int 0 if it took them
     */
    public function set(
        string $function,
        CData $options,
        #[\SensitiveParameter]
        array $arguments
    ): int {
        if (strncmp($function, 'antom_options_', 14) !== 0) {
            throw self::notOwn();
        }
        try {
            return $this->ffi->$function($options, ...$arguments);
        } catch (FFI\Exception $exception) {
            throw self::outdated($exception);
        }
    }

    /** Reads text with all its bytes: its length is what the function of the same name and "_len" returns. */
    public function text(string $function, CData $object): string
    {
        if (strncmp($function, 'antom_', 6) !== 0) {
            throw self::notOwn();
        }
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
        // FFI has methods itself, such as cast.
        if (strncmp($function, 'antom_', 6) !== 0) {
            throw self::notOwn();
        }
        $error = $this->error ?? $this->ffi->new($this->type('antom_error *'));
        $this->error = null;
        $arguments[] = FFI::addr($error);
        // PHP 8.4 and 8.5 crash where a signal's handler makes an exception at the end of a call by FFI.
        $signals = function_exists('pcntl_async_signals') && pcntl_async_signals(false);
        try {
            $status = $this->ffi->$function(...$arguments);
            if ($status !== 0) {
                throw $this->exception($status, $error);
            }
            // Nothing was written to it: the next call can have it, too.
            $this->error = $error;
        } catch (FFI\Exception $exception) {
            throw self::outdated($exception);
        } finally {
            if ($signals) {
                pcntl_async_signals(true);
                pcntl_signal_dispatch();
            }
        }
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
        $out = $this->ffi->new($this->types[$type . ' *'] ?? $this->ownType($type, ' *'));
        $arguments[] = FFI::addr($out);
        $this->call($function, $arguments);
        return $out;
    }

    /**
     * As produce(), but hands the new object to $read, releases it, and returns what $read made of it.
     *
     * @template T
     * @param list<mixed> $arguments
     * @param \Closure(self, CData): T $read
     * @return T
     * @throws AntomException
     */
    public function read(
        string $function,
        string $type,
        #[\SensitiveParameter]
        array $arguments,
        \Closure $read
    ) {
        $object = $this->produce($function, $type, $arguments);
        try {
            return $read($this, $object);
        } catch (FFI\Exception $exception) {
            throw self::outdated($exception);
        } finally {
            $free = $type . '_free';
            $this->ffi->$free($object);
        }
    }

    /**
     * Fills a request struct.
     *
     * @param array<string, int|string|null> $members by their names in C; null leaves a member as it is: absent
     * @return array{CData, list<CData>} a pointer, and what it points to: keep both as long as it is used
     */
    public function request(
        string $struct,
        #[\SensitiveParameter]
        array $members
    ): array {
        $request = $this->ffi->new($this->types[$struct] ?? $this->ownType($struct));
        $request->struct_size = FFI::sizeof($request);
        $texts = [];
        foreach ($members as $member => $value) {
            if (is_string($value)) {
                $texts[$member] = $value;
            } elseif ($value !== null) {
                $request->$member = $value;
            }
        }
        $block = $this->texts($texts, $pointers);
        foreach ($pointers as $member => $pointer) {
            $request->$member = $pointer;
        }
        $pointer = $this->ffi->cast($this->types['void *'] ?? $this->type('void *'), FFI::addr($request));
        return [$pointer, [$request, $block]];
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
        $headers = $this->ffi->new(FFI::arrayType($this->type('antom_header'), [count($pairs) + 1]));
        $block = $this->texts(array_merge([], ...$pairs), $pointers);
        foreach (array_keys($pairs) as $index) {
            $headers[$index]->name = $pointers[2 * $index];
            $headers[$index]->value = $pointers[2 * $index + 1];
        }
        return [$this->ffi->cast($this->type('void *'), FFI::addr($headers)), [$headers, $block]];
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

    /**
     * One block of memory with every text and its NUL byte.
     *
     * @param array<array-key, string> $texts
     * @param array<array-key, CData>|null $pointers gets where in it each text begins
     */
    private function texts(
        #[\SensitiveParameter]
        array $texts,
        ?array &$pointers
    ): CData {
        $content = implode("\0", $texts) . "\0";
        $length = strlen($content);
        $block = $this->ffi->new(FFI::arrayType($this->types['char'] ?? $this->type('char'), [$length]));
        FFI::memcpy($block, $content, $length);
        $begin = $this->ffi->cast($this->types['char *'] ?? $this->type('char *'), $block);
        $pointers = [];
        $place = 0;
        foreach ($texts as $name => $text) {
            $pointers[$name] = $begin + $place;
            $place += strlen($text) + 1;
        }
        return $block;
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

    private static function requireExtension(): void
    {
        if (PHP_VERSION_ID < 80000 && ((int) ini_get('mbstring.func_overload') & 2) !== 0) {
            // strlen() would count characters, and C would read past the end.
            throw self::cannotLoad(sprintf('mbstring.func_overload is on: set it to 0 in %s', self::iniFile()));
        }
        if (!extension_loaded('FFI')) {
            throw self::cannotLoad(sprintf(
                'PHP\'s FFI extension is not loaded: install it and write extension=ffi into %s',
                self::iniFile()
            ));
        }
    }

    private static function load(?string $setting): self
    {
        self::requireFfi();
        $chosen = Location::chosen($setting);
        if ($chosen !== null && self::isRestricted()) {
            throw self::cannotLoad(
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
                $failures[] = "$library: " . self::loadingProblem($library, $exception->getMessage());
                continue;
            }
            return new self(self::bind($library), $library);
        }
        throw self::cannotLoad(
            'tried ' . implode('; ', $failures)
            . '. Give the path in the setting "library" or in the variable ANTOM_LIBRARY'
        );
    }

    /** Before version 8.3 PHP does not say why the system does not load a library. */
    private static function loadingProblem(string $library, string $message): string
    {
        if (strpos($message, 'Failed resolving') === 0) {
            return "$message (it is not libantom)";
        }
        return is_file($library) ? "$message (`ldd -r $library` says what is missing)" : $message;
    }

    /** Whether PHP leaves FFI to preloaded files: then no script may choose what is loaded through this one. */
    private static function isRestricted(): bool
    {
        return PHP_SAPI !== 'cli' && ini_get('ffi.enable') === 'preload';
    }

    /** Fails with advice if this file may not use FFI. */
    private static function requireFfi(): void
    {
        try {
            FFI::cdef('');
        } catch (FFI\Exception $exception) {
            throw self::cannotLoad('PHP does not allow FFI here, because ' . self::whyRestricted());
        }
    }

    private static function whyRestricted(): string
    {
        $file = self::iniFile();
        if (!self::isRestricted()) {
            return "ffi.enable is off: write ffi.enable=true into $file, or ffi.enable=preload and the lines that "
                . 'bin/antom-preload prints; then restart PHP';
        }
        $preload = (string) ini_get('opcache.preload');
        if ($preload === '') {
            return "ffi.enable is \"preload\". Write ffi.enable=true into $file, or the lines that bin/antom-preload "
                . 'prints, with opcache.preload=' . self::script() . '; then restart PHP';
        }
        if (!filter_var(ini_get('opcache.enable'), FILTER_VALIDATE_BOOLEAN)) {
            return "opcache is off: write opcache.enable=1 into $file, or ffi.enable=true, which needs no opcache; then "
                . 'restart PHP';
        }
        return "opcache.preload, which is $preload in $file, has not loaded this package: let it require "
            . self::script() . '; then restart PHP';
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
            throw self::cannotLoad(sprintf(
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
            throw self::cannotLoad("$library does not fit $header: " . $exception->getMessage());
        }
    }

    private static function header(): string
    {
        $header = Location::header();
        if ($header === null) {
            throw self::cannotLoad('this package has no include/antom.h: install it again');
        }
        return $header;
    }

    /** libantom was loaded by a header of another version. */
    private static function outdated(FFI\Exception $exception): ConfigException
    {
        return self::cannotLoad(
            $exception->getMessage() . '. The header that ffi.preload names is of another version of this package: run '
            . 'bin/antom-preload again and restart PHP',
            'Write the header again. If this was a call of the API, it may have been sent: ask recover() afterwards.'
        );
    }

    private static function cannotLoad(
        string $problem,
        string $advice = 'Correct PHP\'s settings or the path of the library; nothing was sent.'
    ): ConfigException {
        return new ConfigException(
            sprintf(
                'libantom cannot be loaded: %s (SAPI: %s, php.ini: %s)',
                $problem,
                PHP_SAPI,
                php_ini_loaded_file() ?: 'none'
            ),
            ['advice' => $advice]
        );
    }

    /** What opcache.preload has to load. */
    private static function script(): string
    {
        return dirname(__DIR__, 2) . '/preload.php';
    }

    /** Where this PHP reads its settings: each SAPI has a file of its own. */
    private static function iniFile(): string
    {
        return php_ini_loaded_file() ?: 'a php.ini (phpinfo() shows where it is looked for)';
    }

    private function type(string $declaration): CType
    {
        if (!isset($this->types[$declaration])) {
            $this->types[$declaration] = $this->ffi->type($declaration);
        }
        return $this->types[$declaration];
    }
}
