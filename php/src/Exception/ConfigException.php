<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The client cannot be built: a setting, a key, or PHP itself has to be corrected. */
class ConfigException extends AntomException
{
    public const KIND = ErrorKind::CONFIG;
}
