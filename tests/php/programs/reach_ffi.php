<?php

/**
 * A page that tries, as a smuggled script would, to get at a function of C through the package.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Internal\Native;

header('Content-Type: text/plain');
require dirname(__DIR__, 3) . '/php/autoload.php';

$ways = [
    'FFI itself' => static function () {
        return \FFI::cdef('int system(const char *command);');
    },
    'cast' => static function () {
        return Native::instance()->functions()->cast('int (*)(const char *)', 4096);
    },
    'call' => static function () {
        Native::instance()->call('cast', ['int (*)(const char *)', 4096]);
    },
    'preloading' => static function () {
        Native::preloading(__FILE__);
    },
    'signer' => static function () {
        Client::create(['signer' => [\FFI::class, 'load']]);
    },
    'memory' => static function () {
        return Native::instance()->request('antom_create_vaulting_session_request', [])[0]->struct_size;
    },
    'request' => static function () {
        return Native::instance()->request('int (*)(const char *)', []);
    },
];
echo Native::instance()->functions()->antom_version() !== '' ? "libantom answers\n" : '';
foreach ($ways as $name => $way) {
    try {
        $way();
        echo "$name: reached\n";
    } catch (\Throwable $exception) {
        echo "$name: ", get_class($exception), "\n";
    }
}
