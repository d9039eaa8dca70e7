<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Exception\ConfigException;
use Antom\Internal\Native;
use PHPUnit\Framework\TestCase;

/**
 * Finding and loading libantom: in the right order, and with advice when it does not work.
 */
final class LoadingTest extends TestCase
{
    private string $directory;
    private string $library;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/antom-php-' . bin2hex(random_bytes(8));
        mkdir($this->directory);
        $this->library = (string) realpath((string) getenv('ANTOM_LIBRARY'));
        self::assertFileExists($this->library, 'ANTOM_LIBRARY');
    }

    protected function tearDown(): void
    {
        $entries = new \RecursiveIteratorIterator(
            new \RecursiveDirectoryIterator($this->directory, \FilesystemIterator::SKIP_DOTS),
            \RecursiveIteratorIterator::CHILD_FIRST
        );
        foreach ($entries as $entry) {
            $entry->isDir() && !$entry->isLink() ? rmdir($entry->getPathname()) : unlink($entry->getPathname());
        }
        rmdir($this->directory);
    }

    public function testTheSettingComesBeforeTheVariable(): void
    {
        $other = $this->directory . '/other.so';
        symlink($this->library, $other);
        $program = Program::run(
            [__DIR__ . '/programs/create_client.php', $other],
            ['ANTOM_LIBRARY' => '/does/not/exist.so']
        );
        self::assertStringEndsWith("($other)\n", $program->output);
    }

    public function testTheVariableComesBeforeThePackage(): void
    {
        $program = $this->fromPackage(['ANTOM_LIBRARY' => $this->library]);
        self::assertStringEndsWith("($this->library)\n", $program->output);
    }

    public function testThePackageBringsItsHeaderAndLibrary(): void
    {
        $program = $this->fromPackage([]);
        self::assertMatchesRegularExpression('~^uses libantom \S+ \(\S+/lib/\S+/libantom\S+\)\n$~', $program->output);
        self::assertStringContainsString($this->directory, $program->output);
    }

    public function testWithoutAnythingTheSystemIsAsked(): void
    {
        $program = Program::file('create_client.php');
        $tried = ['tried ', '/lib/linux-', ': there is no such file; libantom.so.1: '];
        $parts = array_merge($tried, ['ANTOM_LIBRARY', '"library"', 'SAPI: cli', 'php.ini: ']);
        self::assertConfig($parts, $program);
    }

    public function testALibraryThatWasAskedForIsTheOnlyOne(): void
    {
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => '/does/not/exist.so']);
        self::assertConfig(['/does/not/exist.so: there is no such file'], $program);
        self::assertStringNotContainsString('libantom.so.1', $program->output);
    }

    public function testAnotherLibraryIsNotLibantom(): void
    {
        $library = $this->compile('int other(void) { return 1; }');
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => $library]);
        // PHP 7.4 looks for the functions in another order.
        $parts = ['other.so: ', "Failed resolving C function 'antom_", '(it is not libantom)'];
        self::assertConfig($parts, $program);
    }

    public function testAFileThatIsNoLibrary(): void
    {
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => __FILE__]);
        self::assertConfig([__FILE__ . ': it is not a library'], $program);
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => __DIR__]);
        self::assertConfig([__DIR__ . ': it is a folder'], $program);
    }

    public function testALibraryThatThisSystemCannotLoad(): void
    {
        $library = $this->compile('int missing(void); int other(void) { return missing(); }', '-Wl,-z,now');
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => $library]);
        self::assertConfig(["Failed loading '$library'", "(`ldd -r $library` says what is missing)"], $program);
    }

    public function testALibraryForAnotherProcessor(): void
    {
        $library = $this->directory . '/other.so';
        $content = file_get_contents($this->library);
        // The kind of processor: 183 is AArch64, 62 x86-64.
        $content[18] = $content[18] === chr(183) ? chr(62) : chr(183);
        file_put_contents($library, $content);
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => $library]);
        self::assertConfig(["$library: it is for another kind of processor than this PHP"], $program);
    }

    public function testAKeyInPlaceOfThePathIsNotRepeated(): void
    {
        foreach ([str_repeat('MIIE', 400), "-----BEGIN PRIVATE KEY-----\nMIIE"] as $key) {
            $program = Program::run([__DIR__ . '/programs/create_client.php', $key], []);
            self::assertSame(
                "InvalidArgument: setting \"library\": expected the path of a file\n",
                $program->output
            );
        }
    }

    public function testAHeaderOfAnotherVersionSaysWhatToDo(): void
    {
        $header = $this->preloadHeader();
        $text = file_get_contents($header);
        $functions = ['antom_options_new', 'antom_options_set_shared', 'antom_client_new', 'antom_vaulting_session_raw'];
        foreach ($functions as $function) {
            file_put_contents($header, preg_replace("/^[a-z_].*\\b$function\\([^;]*;/m", '', $text, 1, $count));
            self::assertSame(1, $count, $function);
            $program = Program::run(
                ['-d', "ffi.preload=$header", __DIR__ . '/programs/create_session.php'],
                ['ANTOM_TEST_GATEWAY' => (string) getenv('ANTOM_TEST_GATEWAY')]
            );
            $parts = [$function, 'run bin/antom-preload again and restart PHP'];
            self::assertConfig($parts, $program);
        }
    }

    public function testAnotherAbiVersionIsRefused(): void
    {
        $library = $this->compile(
            'unsigned antom_abi_version(void) { return 7; } const char *antom_version(void) { return "9.8.7"; }'
        );
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => $library]);
        self::assertConfig(["$library is libantom 9.8.7 with ABI version 7", 'needs ABI version 1'], $program);
    }

    public function testALibraryWithoutAFunctionOfTheHeader(): void
    {
        $library = $this->compile(
            'unsigned antom_abi_version(void) { return 1; } const char *antom_version(void) { return "0.0.1"; }'
        );
        $program = Program::file('create_client.php', [], ['ANTOM_LIBRARY' => $library]);
        self::assertConfig(["$library does not fit ", 'antom.h', "Failed resolving C function 'antom_"], $program);
    }

    public function testFfiThatIsSwitchedOff(): void
    {
        $program = Program::file('create_client.php', ['-d', 'ffi.enable=0'], ['ANTOM_LIBRARY' => $this->library]);
        $parts = ['ffi.enable is off: write ffi.enable=true into ', 'bin/antom-preload', 'SAPI: cli'];
        self::assertConfig($parts, $program);
    }

    public function testStringsThatAreCountedInCharacters(): void
    {
        $options = ['-d', 'mbstring.func_overload=2', '-d', 'display_startup_errors=0'];
        $program = Program::file('create_client.php', $options, ['ANTOM_LIBRARY' => $this->library]);
        if (PHP_VERSION_ID < 80000) {
            self::assertConfig(['mbstring.func_overload is on: set it to 0 in '], $program);
        } else {
            // PHP 8 does not know the setting.
            self::assertStringStartsWith('uses libantom ', $program->output);
        }
    }

    public function testFfiThatIsNotInstalled(): void
    {
        // Without php.ini no extension is loaded that is a file of its own.
        if (strpos(Program::run(['-n', '-m'], [])->output, 'FFI') !== false) {
            self::markTestSkipped('this PHP has FFI built in');
        }
        // In PHP 7.4 this program's JSON is an extension, too.
        $json = ['-d', 'extension_dir=' . ini_get('extension_dir'), '-d', 'extension=json'];
        $options = array_merge(['-n'], PHP_VERSION_ID < 80000 ? $json : []);
        $program = Program::file('create_client.php', $options, ['ANTOM_LIBRARY' => $this->library]);
        self::assertConfig(["PHP's FFI extension is not loaded", 'extension=ffi', 'php.ini: none'], $program);
    }

    public function testALibraryThatPhpHasPreloadedIsTakenWhateverTheSettingSays(): void
    {
        $ini = 'ffi.preload=' . $this->preloadHeader();
        $program = Program::file('create_client.php', ['-d', $ini]);
        self::assertStringEndsWith("(ffi.preload)\n", $program->output);
        self::assertStringStartsWith('uses libantom ', $program->output);
        $twice = Program::run(
            ['-d', $ini, __DIR__ . '/programs/create_client.php', '/does/not/exist.so', '/another/libantom.so'],
            []
        );
        self::assertSame($program->output . $program->output, $twice->output);
    }

    public function testAntomPreloadWritesTheSameWhereItsHeaderIsInUse(): void
    {
        $header = $this->preloadHeader();
        $written = file_get_contents($header);
        $again = ['-d', "ffi.preload=$header", Repository::path('php/bin/antom-preload'), $header, $this->library];
        self::assertSame(0, Program::run($again, [])->status);
        self::assertSame($written, file_get_contents($header));
    }

    public function testAntomPreloadWritesPathsInFull(): void
    {
        $header = $this->directory . '/antom.preload.h';
        $preload = escapeshellarg(Repository::path('php/bin/antom-preload'));
        $library = escapeshellarg('./' . basename($this->library));
        $command = PHP_BINARY . " $preload " . escapeshellarg($header) . " $library";
        exec('cd ' . escapeshellarg(dirname($this->library)) . " && $command", $output, $status);
        self::assertSame(0, $status, implode("\n", $output));
        $path = dirname($this->library) . '/./' . basename($this->library);
        self::assertStringContainsString("#define FFI_LIB \"$path\"\n", file_get_contents($header));
    }

    public function testAProcessLoadsOneLibrary(): void
    {
        Native::instance();
        $this->expectException(ConfigException::class);
        $this->expectExceptionMessage('can load only one');
        Native::instance('/another/libantom.so');
    }

    /** @param list<string> $parts */
    private static function assertConfig(array $parts, Program $program): void
    {
        self::assertStringStartsWith('Config: libantom cannot be loaded: ', $program->output);
        self::assertSame(1, substr_count($program->output, "\n"), $program->output);
        foreach ($parts as $part) {
            self::assertStringContainsString($part, $program->output);
        }
    }

    /** The header that antom-preload writes for the library of the tests. */
    private function preloadHeader(): string
    {
        $header = $this->directory . '/antom.preload.h';
        $program = Program::run([Repository::path('php/bin/antom-preload'), $header, $this->library], []);
        self::assertSame(0, $program->status, $program->output);
        return $header;
    }

    /**
     * Runs the program with the package as it is installed: with its own header and library.
     *
     * @param array<string, string> $environment
     */
    private function fromPackage(array $environment): Program
    {
        $files = Repository::phpFiles('php');
        foreach ($files as $file) {
            self::copy(Repository::path($file), $this->directory . '/package/' . substr($file, strlen('php/')));
        }
        self::copy(Repository::path('include/antom.h'), $this->directory . '/package/include/antom.h');
        $platform = strtolower(PHP_OS_FAMILY) . '-' . php_uname('m');
        self::copy($this->library, $this->directory . "/package/lib/$platform-gnu/libantom.so.1");
        $environment['ANTOM_PACKAGE'] = $this->directory . '/package';
        return Program::file('create_client.php', [], $environment);
    }

    private static function copy(string $from, string $to): void
    {
        if (!is_dir(dirname($to))) {
            mkdir(dirname($to), 0777, true);
        }
        copy($from, $to);
    }

    private function compile(string $source, string $option = '-O1'): string
    {
        $library = $this->directory . '/other.so';
        rename(Compiler::sharedLibrary($source, $option), $library);
        return $library;
    }
}
