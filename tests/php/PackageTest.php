<?php

declare(strict_types=1);

namespace Antom\Tests;

use PHPUnit\Framework\TestCase;

/**
 * The package as shops get it: unpacked, required by Composer, or with the library of the system.
 */
final class PackageTest extends TestCase
{
    private const USE_IT = 'echo print_r(Antom\Client::create(json_decode(getenv("SETTINGS"), true)), true);';

    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/antom-php-' . bin2hex(random_bytes(8));
        mkdir($this->directory);
    }

    protected function tearDown(): void
    {
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    public function testTheArchiveWorksWhereItIsUnpacked(): void
    {
        $this->unpack();
        $page = "chdir(" . var_export($this->directory, true) . "); require 'antom/autoload.php'; " . self::USE_IT;
        self::assertUses("$this->directory/antom/lib/", Program::run(['-r', $page], self::environment()));
        $licences = ['LICENSE-MIT', 'LICENSE-APACHE', 'THIRD-PARTY-NOTICES'];
        $files = array_merge(['README.md', 'composer.json', 'preload.php', 'include/antom.h'], $licences);
        foreach ($files as $file) {
            self::assertFileExists("$this->directory/antom/$file");
        }
        exec("cd $this->directory/antom/lib && sha256sum --check --strict SHA256SUMS 2>&1", $output, $status);
        self::assertSame(0, $status, implode("\n", $output));
    }

    public function testComposerInstallsItFromAPath(): void
    {
        $this->unpack();
        mkdir("$this->directory/shop");
        file_put_contents("$this->directory/shop/composer.json", json_encode([
            'repositories' => [
                ['type' => 'path', 'url' => '../antom', 'options' => ['symlink' => false]],
                ['packagist.org' => false],
            ],
        ]));
        $this->composer(['require', 'antom/antom']);
        $page = "require '$this->directory/shop/vendor/autoload.php'; " . self::USE_IT;
        $package = "$this->directory/shop/vendor/antom/antom";
        self::assertUses("$package/lib/", Program::run(['-r', $page], self::environment()));

        $header = "$this->directory/antom.preload.h";
        $program = Program::run(["$this->directory/shop/vendor/bin/antom-preload", $header], []);
        self::assertSame(0, $program->status, $program->output);
        self::assertStringContainsString("opcache.preload=$package/preload.php\n", $program->output);

        $newer = json_decode(file_get_contents("$this->directory/antom/composer.json"), true);
        $newer['version'] .= '.1';
        file_put_contents("$this->directory/antom/composer.json", json_encode($newer));
        touch("$this->directory/antom/newer");
        $this->composer(['update', 'antom/antom']);
        self::assertFileExists("$package/newer");
    }

    public function testComposerFindsNothingToCriticise(): void
    {
        $this->unpack();
        $command = 'composer validate --strict --no-check-version --no-interaction';
        exec("$command $this->directory/antom/composer.json 2>&1", $output, $status);
        self::assertSame(0, $status, implode("\n", $output));
    }

    public function testTheSystemsLibraryIsFoundByItsName(): void
    {
        symlink((string) realpath((string) getenv('ANTOM_LIBRARY')), "$this->directory/libantom.so.1");
        $page = 'require ' . var_export(Repository::path('php/autoload.php'), true) . '; ' . self::USE_IT;
        $environment = ['LD_LIBRARY_PATH' => $this->directory] + self::environment();
        self::assertUses('(libantom.so.1)', Program::run(['-r', $page], $environment));
    }

    private function unpack(): void
    {
        $archives = glob(Repository::path('target/php-dist/antom-php-*.tar.gz'));
        self::assertCount(1, $archives, 'scripts/php-dist makes it');
        exec("tar -C $this->directory -xzf " . escapeshellarg($archives[0]), $output, $status);
        self::assertSame(0, $status);
    }

    /** @param list<string> $arguments */
    private function composer(array $arguments): void
    {
        $command = array_merge(['composer', '--no-interaction', '--no-ansi'], $arguments);
        $home = "$this->directory/composer";
        $process = proc_open(
            $command,
            [['file', '/dev/null', 'r'], ['file', "$home.log", 'w'], ['file', "$home.log", 'a']],
            $pipes,
            "$this->directory/shop",
            ['COMPOSER_HOME' => $home, 'COMPOSER_ALLOW_SUPERUSER' => '1', 'PATH' => (string) getenv('PATH')]
        );
        self::assertSame(0, proc_close($process), (string) file_get_contents("$home.log"));
    }

    private static function assertUses(string $library, Program $program): void
    {
        self::assertStringContainsString('libantom ', $program->output);
        self::assertStringContainsString($library, $program->output);
        self::assertSame(0, $program->status, $program->output);
    }

    /** @return array<string, string> */
    private static function environment(): array
    {
        return ['SETTINGS' => (string) json_encode(Gateway::offlineSettings())];
    }
}
