<?php

declare(strict_types=1);

namespace Antom\Tests;

/**
 * nginx before PHP-FPM, as shops run them: started in a folder of their own, on a free port of 127.0.0.1.
 *
 * The pages are the files in tests/php/programs, or in another folder.
 */
final class WebServer
{
    private const SECONDS = 20;

    private string $directory;
    private string $address;
    /** @var resource */
    private $fpm;
    /** @var resource */
    private $nginx;

    /**
     * @param array<string, string> $ini settings of PHP
     * @param array<string, string> $pool settings of the pool of workers
     * @param array<string, string> $environment of the pages, which find their own address in SHOP_URL
     */
    public function __construct(array $ini, array $pool = [], array $environment = [], ?string $pages = null)
    {
        $this->directory = sys_get_temp_dir() . '/antom-web-' . bin2hex(random_bytes(8));
        mkdir($this->directory, 0700);
        $this->address = self::freeAddress();
        $this->fpm = $this->startFpm($ini, $pool, $environment + ['SHOP_URL' => "http://$this->address"]);
        $this->nginx = $this->startNginx($pages ?? __DIR__ . '/programs');
        $this->awaitSocket($this->fpm, 'unix://' . $this->directory . '/fpm.sock');
        $this->awaitSocket($this->nginx, "tcp://$this->address");
    }

    /** Ends both; does nothing the second time. */
    public function stop(): void
    {
        if (!is_dir($this->directory)) {
            return;
        }
        foreach ([$this->nginx, $this->fpm] as $process) {
            proc_terminate($process);
            proc_close($process);
        }
        exec('rm -rf ' . escapeshellarg($this->directory));
    }

    public function url(string $page): string
    {
        return "http://$this->address/$page";
    }

    /** The body of a page, whatever its status. */
    public function get(string $page): string
    {
        return $this->getAll([$page])[0];
    }

    /**
     * The bodies of pages that are asked for at the same time.
     *
     * @param list<string> $pages
     * @return list<string>
     */
    public function getAll(array $pages): array
    {
        $sockets = [];
        foreach ($pages as $page) {
            $socket = stream_socket_client("tcp://$this->address", $code, $message, self::SECONDS);
            stream_set_timeout($socket, self::SECONDS);
            fwrite($socket, "GET /$page HTTP/1.0\r\nHost: $this->address\r\n\r\n");
            $sockets[] = $socket;
        }
        return array_map(static function ($socket): string {
            $answer = stream_get_contents($socket);
            fclose($socket);
            return explode("\r\n\r\n", $answer, 2)[1] ?? "no answer: $answer";
        }, $sockets);
    }

    /** Lets PHP-FPM reload its settings: its workers finish what they do and are replaced. */
    public function reload(): void
    {
        posix_kill($this->master(), SIGUSR2);
    }

    /** The process id of PHP-FPM itself, not of a worker. */
    public function master(): int
    {
        return proc_get_status($this->fpm)['pid'];
    }

    public function log(): string
    {
        return implode("\n", array_map('file_get_contents', glob($this->directory . '/*.log')));
    }

    /**
     * @param array<string, string> $ini
     * @param array<string, string> $pool
     * @param array<string, string> $environment
     * @return resource
     */
    private function startFpm(array $ini, array $pool, array $environment)
    {
        $pool += [
            'listen' => $this->directory . '/fpm.sock',
            'pm' => 'static',
            'pm.max_children' => '2',
            'catch_workers_output' => 'yes',
        ];
        foreach ($environment as $name => $value) {
            $pool["env[$name]"] = $value;
        }
        $lines = ["[global]\nerror_log = $this->directory/fpm.log\nprocess_control_timeout = 10\n[shop]"];
        if (posix_geteuid() === 0) {
            $pool += ['user' => 'root', 'group' => 'root'];
        }
        foreach ($pool as $name => $value) {
            $lines[] = "$name = $value";
        }
        file_put_contents("$this->directory/fpm.conf", implode("\n", $lines) . "\n");
        $command = [self::fpmProgram(), '-F', '-R', '-y', "$this->directory/fpm.conf"];
        foreach ($ini as $name => $value) {
            array_push($command, '-d', "$name=$value");
        }
        return $this->start($command, 'fpm');
    }

    /** @return resource */
    private function startNginx(string $pages)
    {
        $user = posix_geteuid() === 0 ? 'user root;' : '';
        $temporary = '';
        foreach (['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'] as $kind) {
            $temporary .= "{$kind}_temp_path $this->directory/$kind;\n";
        }
        // The same workers twice: what one of them lost goes to the next, where asking twice does no harm.
        file_put_contents("$this->directory/nginx.conf", "
            $user
            daemon off;
            worker_processes 1;
            pid $this->directory/nginx.pid;
            error_log $this->directory/nginx.log;
            events {}
            http {
                access_log off;
                $temporary
                upstream workers {
                    server unix:$this->directory/fpm.sock max_fails=0;
                    server unix:$this->directory/fpm.sock max_fails=0;
                }
                server {
                    listen $this->address;
                    root $pages;
                    location / {
                        include /etc/nginx/fastcgi_params;
                        fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
                        fastcgi_pass workers;
                    }
                }
            }
        ");
        $command = ['nginx', '-c', "$this->directory/nginx.conf", '-e', "$this->directory/nginx.log"];
        return $this->start($command, 'nginx');
    }

    /**
     * @param list<string> $command
     * @return resource
     */
    private function start(array $command, string $name)
    {
        $output = ['file', "$this->directory/$name.out.log", 'a'];
        $path = getenv('PATH') . ':/usr/sbin:/usr/local/sbin';
        $process = proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes, null, ['PATH' => $path]);
        if (!is_resource($process)) {
            throw new \RuntimeException("$command[0] does not start: run scripts/setup test");
        }
        return $process;
    }

    /** @param resource $process */
    private function awaitSocket($process, string $address): void
    {
        $deadline = microtime(true) + self::SECONDS;
        while (($socket = @stream_socket_client($address)) === false) {
            if (!proc_get_status($process)['running'] || microtime(true) > $deadline) {
                $log = $this->log();
                $this->stop();
                throw new \RuntimeException("nothing listens on $address: $log");
            }
            usleep(10000);
        }
        fclose($socket);
    }

    private static function fpmProgram(): string
    {
        return sprintf('php-fpm%d.%d', PHP_MAJOR_VERSION, PHP_MINOR_VERSION);
    }

    private static function freeAddress(): string
    {
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($listener, false);
        fclose($listener);
        return $address;
    }
}
