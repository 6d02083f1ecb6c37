#!/bin/bash
# SPDX-License-Identifier: MIT
# Bash completion of the yc tools, behind the tables that .ci/completion makes: _yc_commands,
# _yc_options "TOOL METHOD", and _yc_methods TOOL, which sets methods, many and optional.

# shellcheck disable=SC2154 # the tables

# _yc_reply PREFIX WORD...: those that begin with what is typed; PREFIX was typed before it.
_yc_reply()
{
	local prefix=$1
	shift
	mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$*" -- "$cur")
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}

# _yc_value SPEC PREFIX: of a choice its words, of a file what there is.
_yc_value()
{
	local word words=()
	if [[ $1 == file ]]; then
		compopt -o default
	elif [[ $1 == *"|"* ]]; then
		while read -r word; do
			[[ ! $word =~ ^[a-z][a-z0-9_-]+$ ]] || words+=("$word")
		done <<<"${1//|/$'\n'}"
		_yc_reply "$2" "${words[@]}"
	fi
}

_yc()
{
	local cur=${COMP_WORDS[COMP_CWORD]} tool=${COMP_WORDS[0]##*/} words=() word option="" spec=""
	local methods="" many="" optional="" method="" chosen=() options="" pages=""
	COMPREPLY=()

	# Bash cuts words at "=": put together again, but for the last.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [ ${#words[@]} -gt 0 ] && [[ $word == "=" || ${words[-1]} == --*= ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	if [[ $cur == "=" ]] && [ ${#words[@]} -gt 0 ]; then
		words[-1]+=$cur
		cur=
	fi

	if [[ $tool == yc ]]; then
		if [[ ${words[0]-} == help ]]; then
			words=("${words[@]:1}")
			pages="stream methods"
		fi
		if [ ${#words[@]} -eq 0 ]; then
			# shellcheck disable=SC2086
			_yc_reply "" $_yc_commands $pages --help --version
			return
		fi
		tool=yc-${words[0]}
		words=("${words[@]:1}")
	fi

	_yc_methods "$tool"
	# Of all methods, to tell an operand from the value of an option.
	options=$(for word in "" $methods; do _yc_options "$tool $word"; done)
	for word in "${words[@]}"; do
		if [ -n "$option" ]; then
			option=
		elif [[ $word == -?* ]]; then
			[[ $word == --*=?* || " "${options//$'\n'/ } != *" ${word%=}="* ]] || option=$word
		elif [ -z "$method" ]; then
			method=$word
		fi
	done
	for word in ${method//,/ }; do
		[[ " $methods " != *" $word "* ]] || chosen+=("$word")
	done
	options=$(for word in "" "${chosen[@]}"; do _yc_options "$tool $word"; done)
	options=${options//$'\n'/ }

	# With another COMP_WORDBREAKS the option is in the same word.
	if [ -z "$option" ] && [[ $cur == --*=* ]]; then
		option=${cur%%=*}
		cur=${cur#*=}
		spec=$option=
	fi
	if [ -n "$option" ]; then
		for word in $options; do
			[[ $word != "${option%=}"=* ]] || _yc_value "${word#*=}" "$spec"
		done
	elif [[ $cur == -* ]]; then
		words=()
		for word in $options; do
			case $word in
			--*=*) words+=("${word%%=*}=") ;;
			--*) words+=("$word") ;;
			esac
		done
		_yc_reply "" "${words[@]}"
	elif [ -n "$methods" ] && [ -z "$method" ]; then
		if [ -n "$many" ] && [[ $cur == *,* ]]; then
			spec=${cur%,*},
			cur=${cur##*,}
			for word in ${spec//,/ }; do
				methods=" $methods "
				methods=${methods/ $word / }
			done
		fi
		# shellcheck disable=SC2086
		_yc_reply "$spec" $methods
		if [ -n "$optional" ]; then
			compopt -o filenames
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
		fi
	else
		compopt -o default
	fi
}
