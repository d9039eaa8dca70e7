<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** Antom answered F, or U: see resultCode() and advice(). */
class ApiException extends AntomException
{
    public const KIND = ErrorKind::API;
}
